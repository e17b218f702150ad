using System.Net.Sockets;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Silo;

/// <summary>Failures of a start that a person can mend, in one line instead of a stack trace.</summary>
internal static class SiloFailures
{
    /// <returns>The line, or null if the failure is unexpected.</returns>
    public static string? Explain(Exception error, GridSettings settings)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            switch (cause)
            {
                case SiloPortTakenException:
                    return cause.Message;
                case AddressInUseException:
                    return $"Cannot listen: {error.Message} Another process listens there; change the Listen in the configuration, or --admin ({settings.Admin}).";
                case SocketException socket:
                    return $"Cannot listen: {error.Message} ({socket.SocketErrorCode})";
                case IOException or UnauthorizedAccessException:
                    return $"Cannot start with --data {Path.GetFullPath(settings.Data)}: {cause.Message}";
            }
        }

        return null;
    }
}

/// <summary>The port among silos is taken. Orleans itself would share it in silence on Linux.</summary>
internal sealed class SiloPortTakenException(int port)
    : Exception($"Cannot start: port {port} on 127.0.0.1 is taken, probably by another silo; give this one another with --Grid:SiloPort=PORT.");
