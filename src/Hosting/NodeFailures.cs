using System.Net.Sockets;
using Azure;
using Azure.Identity;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Hosting;

/// <summary>Failures of a start that a person can mend, in one line instead of a stack trace.</summary>
public static class NodeFailures
{
    /// <summary>An error and everything that led to it, the most general first.</summary>
    /// <param name="error">The error.</param>
    public static IReadOnlyList<Exception> CausesOf(Exception error)
    {
        List<Exception> causes = [];
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            causes.Add(cause);
        }

        return causes;
    }

    /// <summary>What the table service or the network says.</summary>
    /// <param name="error">The error.</param>
    /// <param name="settings">What the program was told.</param>
    /// <param name="elsewhere">The switch that gives its HTTP listener another address.</param>
    /// <returns>The line, or null if the failure is another.</returns>
    public static string? Explain(Exception error, NodeSettings settings, string elsewhere)
    {
        ArgumentNullException.ThrowIfNull(error);
        ArgumentNullException.ThrowIfNull(settings);
        var causes = CausesOf(error);
        return causes.FirstOrDefault(cause => cause is RequestFailedException or AuthenticationFailedException) is { } storage
            ? $"Cannot use Azure Table storage {settings.Membership.ServiceUri ?? settings.Storage.ServiceUri}: {storage.Message.Split('\n')[0].Trim()} Check Grid:Storage and Grid:Clustering, and that the identity may read and write tables."
            : causes.OfType<AddressInUseException>().Any()
            ? $"Cannot listen: {error.Message} Another process listens there; give this one another with {elsewhere}."
            : causes.OfType<SocketException>().FirstOrDefault() is { } socket ? $"Cannot listen: {error.Message} ({socket.SocketErrorCode})"
            : null;
    }
}
