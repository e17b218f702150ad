using System.Diagnostics.CodeAnalysis;

namespace EcStreamOrleans.Delivery;

/// <summary>What connecting an <see cref="EcStreamConnection"/> came to: a connection, or why there is none.</summary>
public sealed class EcStreamConnectResult
{
    private EcStreamConnectResult(EcStreamConnection? connection, string? error)
    {
        Connection = connection;
        Error = error;
    }

    /// <summary>Whether there is a connection.</summary>
    [MemberNotNullWhen(true, nameof(Connection))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsConnected => Connection is not null;

    /// <summary>The connection, or null.</summary>
    public EcStreamConnection? Connection { get; }

    /// <summary>Why there is none, naming the end point; or null.</summary>
    public string? Error { get; }

    internal static EcStreamConnectResult Connected(EcStreamConnection connection) => new(connection, null);

    internal static EcStreamConnectResult Failed(string error) => new(null, error);
}
