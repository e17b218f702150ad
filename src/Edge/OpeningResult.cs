using System.Net.Security;

namespace EcStreamOrleans.Edge;

/// <summary>The closed set of ways in which a connection ends before its session.</summary>
internal enum OpeningFault
{
    /// <summary>The client connected and closed: a load balancer that asks whether somebody listens.</summary>
    Probe,

    /// <summary>The Listen goes.</summary>
    Drained,

    /// <summary>No handshake came about.</summary>
    Tls,

    /// <summary>The PROXY header is missing, or is none.</summary>
    ProxyHeader,

    /// <summary>Whoever connects may not send a PROXY header.</summary>
    ProxyFrom,

    /// <summary>Header and handshake took too long.</summary>
    HandshakeTime,

    /// <summary>Too many are at it at once.</summary>
    TooMany,
}

/// <summary>What came of opening a connection: a connection, or why there is none.</summary>
/// <param name="Connection">The connection that is ready for its session.</param>
/// <param name="Stream">Its TLS, which has to be closed behind the session.</param>
/// <param name="Fault">The reason, for metrics.</param>
/// <param name="Words">The reason, for a person.</param>
internal readonly record struct OpeningResult(EdgeConnection? Connection, SslStream? Stream, OpeningFault Fault, string Words)
{
    public static OpeningResult Opened(EdgeConnection connection, SslStream? stream) => new(connection, stream, default, "");

    public static OpeningResult Failed(OpeningFault fault, string words) => new(null, null, fault, words);
}
