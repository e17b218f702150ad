using System.Net.Sockets;
using Azure;
using Azure.Identity;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Silo;

/// <summary>Failures of a start that a person can mend, in one line instead of a stack trace.</summary>
internal static class SiloFailures
{
    /// <returns>The line, or null if the failure is unexpected.</returns>
    public static string? Explain(Exception error, GridSettings settings)
    {
        List<Exception> causes = [];
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            causes.Add(cause);
        }

        // An address in use comes wrapped in an IOException, as a disk's trouble does: the most particular cause speaks.
        return causes.Find(cause => cause is SiloPortTakenException or NoListenException)?.Message
            ?? (causes.Find(cause => cause is RequestFailedException or AuthenticationFailedException) is { } storage
                ? $"Cannot use Azure Table storage {settings.Storage.ServiceUri}: {storage.Message.Split('\n')[0].Trim()} Check Grid:Storage, and that the identity may read and write tables."
                : causes.OfType<AddressInUseException>().Any()
                ? $"Cannot listen: {error.Message} Another process listens there; give this one another with --admin."
                : causes.OfType<SocketException>().FirstOrDefault() is { } socket ? $"Cannot listen: {error.Message} ({socket.SocketErrorCode})"
                : causes.Find(cause => cause is IOException or UnauthorizedAccessException) is { } disk ? $"Cannot start with --data {Path.GetFullPath(settings.Data)}: {disk.Message}"
                : null);
    }
}

/// <summary>The port among silos is taken. Orleans itself would share it in silence on Linux.</summary>
internal sealed class SiloPortTakenException(int port)
    : Exception($"Cannot start: port {port} on 127.0.0.1 is taken, probably by another silo; give this one another with --Grid:SiloPort=PORT.");

/// <summary>No Listen of the configuration could be bound: the silo would take no mail.</summary>
internal sealed class NoListenException(IEnumerable<EdgeListener> listeners)
    : Exception($"Cannot listen: {string.Join("; ", listeners.Select(l => $"{l.Address}: {l.Error}"))}. Change the Listen in the configuration, or stop who listens there.");
