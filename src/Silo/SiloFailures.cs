using System.Net;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Silo;

/// <summary>Failures of a silo's start that a person can mend, in one line instead of a stack trace.</summary>
internal static class SiloFailures
{
    /// <returns>The line, or null if the failure is unexpected.</returns>
    public static string? Explain(Exception error, GridSettings settings)
    {
        var causes = NodeFailures.CausesOf(error);

        // An address in use comes wrapped in an IOException, as a disk's trouble does: the most particular cause speaks.
        return causes.FirstOrDefault(cause => cause is SiloPortTakenException or NoListenException)?.Message
            ?? NodeFailures.Explain(error, settings, "--admin or --Grid:Health")
            ?? (causes.FirstOrDefault(cause => cause is IOException or UnauthorizedAccessException) is { } disk
                ? $"Cannot start with --data {Path.GetFullPath(settings.Data)}: {disk.Message}"
                : null);
    }
}

/// <summary>A port among silos, or for clients, is taken. Orleans itself would share it in silence on Linux.</summary>
internal sealed class SiloPortTakenException(IPAddress address, int port, string setting)
    : Exception($"Cannot start: port {port} on {address} is taken, probably by another silo; give this one another with --{setting}=PORT.");
