using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>All options that are legal in the scopes of the ECStream listener or that take effect in the global scope.</summary>
public static class OptionDefinitions
{
    private const int MaxBufferBytes = 1 << 30;

    // Momentum's limit on threads for one task is its licence; this one keeps a slip from costing memory.
    private const int MaxConcurrency = 1024;

    internal static readonly OptionDefinition IdleTime = new(
        "ECStream_Idle_Time", OptionType.Number, "how long a client may be silent before it is disconnected",
        Vocabulary.Peer, Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup, Vocabulary.GlobalScope)
    {
        Default = "300",
        Unit = "seconds",
        Min = (int)PolicyLimits.MinIdleTime.TotalSeconds,
        Max = (int)PolicyLimits.MaxIdleTime.TotalSeconds,
    };

    internal static readonly OptionDefinition MaxBatchSize = new(
        "ECStream_Max_Batch_Size", OptionType.Number, "how many messages of one client are taken in one go",
        Vocabulary.Peer, Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup, Vocabulary.GlobalScope)
    {
        Default = "10000",
        Unit = "messages",
        Min = PolicyLimits.MinMaxBatchSize,
        Max = int.MaxValue,
    };

    internal static readonly OptionDefinition Pathway = new(
        "Pathway", OptionType.Text, "whose values apply behind those of ECStream_Listener; default is none", Vocabulary.Listen, Vocabulary.Listener)
    {
        Range = "the name of a Pathway scope",
    };

    internal static readonly OptionDefinition Enable = new(
        "Enable", OptionType.Boolean, "whether the socket is bound", Vocabulary.Listen, Vocabulary.Listener)
    {
        Default = "true",
    };

    internal static readonly OptionDefinition Backlog = new(
        "Listen_Backlog", OptionType.Number, "connections that wait to be accepted; the system may allow less", Vocabulary.Listen, Vocabulary.Listener)
    {
        Default = "500",
        Unit = "connections",
        Min = 1,
        Max = 65_535,
    };

    internal static readonly OptionDefinition FileMode = new(
        "File_Mode", OptionType.Octal, "the permissions of a Unix socket", Vocabulary.Listen, Vocabulary.Listener)
    {
        Default = "0660",
        Range = "0 to 0777",
    };

    internal static readonly OptionDefinition DisableNagle = new(
        "Disable_Nagle_Algorithm", OptionType.Boolean, "TCP_NODELAY; false in Momentum",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.GlobalScope)
    {
        Default = "true",
    };

    internal static readonly OptionDefinition ReceiveBuffer = new(
        "TCP_Recv_Buffer_Size", OptionType.Number, "SO_RCVBUF; 0 leaves it to the system; 4096 in Momentum", Vocabulary.Listen, Vocabulary.Listener)
    {
        Default = "0",
        Unit = "bytes",
        Max = MaxBufferBytes,
    };

    internal static readonly OptionDefinition SendBuffer = new(
        "TCP_Send_Buffer_Size", OptionType.Number, "SO_SNDBUF, likewise", Vocabulary.Listen, Vocabulary.Listener)
    {
        Default = "0",
        Unit = "bytes",
        Max = MaxBufferBytes,
    };

    internal static readonly OptionDefinition Concurrency = new(
        "Concurrency", OptionType.Number,
        "accepts under way at once on a socket, 0 being 1; in a ThreadPool a cap on that; in an EventLoop its queues, by a restart, 0 leaving it to the system",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.ThreadPool, Vocabulary.EventLoop)
    {
        Default = "0",
        Unit = "at once",
        Max = MaxConcurrency,
    };

    internal static readonly OptionDefinition PoolName = new(
        "Pool_Name", OptionType.Text,
        "accepting runs on the runtime's shared pool; of the thread pool that is named only the Concurrency counts, as a cap on the listener's",
        Vocabulary.Listen, Vocabulary.Listener)
    {
        Range = "the name of a ThreadPool scope",
        AlwaysWarns = true,
    };

    internal static readonly OptionDefinition EventLoop = new(
        "Event_Loop", OptionType.Text, "the queues that reads and writes of the connections run on; without it they run on whatever thread is free",
        Vocabulary.Listen, Vocabulary.Listener)
    {
        Range = "the name of an EventLoop scope",
        IsDynamic = false,
    };

    internal static readonly OptionDefinition AcceptQueueBacklog = new(
        "Accept_Queue_Backlog", OptionType.Number,
        "no effect: a connection is handed to its session the moment it is accepted, so that nothing queues in between",
        Vocabulary.Listen, Vocabulary.Listener)
    {
        Default = "0",
        Unit = "connections",
        Max = int.MaxValue,
        AlwaysWarns = true,
    };

    internal static readonly OptionDefinition EventsPerIteration = new(
        "Events_Per_Iter", OptionType.Number,
        "no effect: a connection is handed to its session the moment it is accepted, so that there is no iteration to bound",
        Vocabulary.Listen, Vocabulary.Listener)
    {
        Default = "0",
        Unit = "events",
        Max = int.MaxValue,
        AlwaysWarns = true,
    };

    internal static readonly OptionDefinition UseSsl = new(
        "Use_SSL", OptionType.Boolean, "TLS from the first octet; needs a certificate",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup)
    {
        Default = "false",
    };

    internal static readonly OptionDefinition TlsCertificate = new(
        "TLS_Certificate", OptionType.Path, "the certificate, intermediates behind it; may hold the key, too",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup, Vocabulary.GlobalScope)
    {
        Range = "a PEM file, or none",
    };

    internal static readonly OptionDefinition TlsKey = new(
        "TLS_Key", OptionType.Path, "the private key; without it that in TLS_Certificate",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup, Vocabulary.GlobalScope)
    {
        Range = "a PEM file",
    };

    internal static readonly OptionDefinition TlsClientCa = new(
        "TLS_Client_CA", OptionType.Path, "who may issue clients' certificates; without it the system's trusted issuers",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup, Vocabulary.GlobalScope)
    {
        Range = "a PEM file",
    };

    internal static readonly OptionDefinition TlsCiphers = new(
        "TLS_Ciphers", OptionType.Text, "the ciphers up to TLS 1.2; without it the system's. Those of TLS 1.3 are always the system's",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup, Vocabulary.GlobalScope)
    {
        Range = "a cipher list of OpenSSL",
    };

    internal static readonly OptionDefinition TlsProtocols = new(
        "TLS_Protocols", OptionType.Protocols, "the versions of TLS; without it the system's choice",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup, Vocabulary.GlobalScope)
    {
        Range = "such as +ALL:-TLSv1.0:-TLSv1.1",
    };

    internal static readonly OptionDefinition TlsVerifyMode = new(
        "TLS_Verify_Mode", OptionType.VerifyMode,
        "none: no client certificate is asked for; require: without one that verifies the session is refused; else one that is presented is verified",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup)
    {
        Default = "unset",
        Range = "none, require, optional, unset",
    };

    internal static readonly OptionDefinition TlsVerifiedPeerCanRelay = new(
        "TLS_Verified_Peer_Can_Relay", OptionType.Boolean, "whether a verified certificate admits its peer also where none is required",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup)
    {
        Default = "false",
    };

    internal static readonly OptionDefinition TlsAllowRenegotiation = new(
        "TLS_Allow_Renegotiation", OptionType.Boolean, "whether a client may renegotiate; TLS 1.3 has no renegotiation",
        Vocabulary.Listen, Vocabulary.Listener, Vocabulary.Pathway, Vocabulary.PathwayGroup)
    {
        Default = "true",
    };

    internal static readonly OptionDefinition ProxyProtocolFrom = new(
        "Proxy_Protocol_From", OptionType.Blocks, "who sends a PROXY protocol header before all else; () is nobody", Vocabulary.Listen, Vocabulary.Listener)
    {
        Range = "addresses and blocks, as in a Peer",
        IsExtension = true,
    };

    internal static readonly OptionDefinition DeliveryMethod = new(
        "Delivery_Method", OptionType.Text, "how messages leave", Vocabulary.GlobalScope)
    {
        Range = "ECSTREAM, MAILDIR",
    };

    internal static readonly OptionDefinition Gateway = new(
        "Gateway", OptionType.Text, "where they go; without it they are held", Vocabulary.GlobalScope)
    {
        Range = "a host, or a directory",
    };

    internal static readonly OptionDefinition Port = new(
        "ECStream_Port", OptionType.Number, "the port of a gateway that names none", Vocabulary.GlobalScope)
    {
        Default = "1825",
        Unit = "a TCP port",
        Min = 1,
        Max = 65_535,
    };

    internal static readonly OptionDefinition Timeout = new(
        "ECStream_Timeout", OptionType.Number, "how long to wait for a connection to the gateway to be established", Vocabulary.GlobalScope)
    {
        Default = "600",
        Unit = "seconds",
        Min = 1,
        Max = 86_400,
    };

    private static readonly FrozenDictionary<string, OptionDefinition> ByName;

    // After the fields above, which a field initializer here would depend on by their order alone.
    static OptionDefinitions()
    {
        All =
        [
            IdleTime, MaxBatchSize, Pathway, Enable, Backlog, FileMode, DisableNagle, ReceiveBuffer, SendBuffer, Concurrency, PoolName, EventLoop,
            AcceptQueueBacklog, EventsPerIteration, UseSsl, TlsCertificate, TlsKey, TlsClientCa, TlsCiphers, TlsProtocols, TlsVerifyMode,
            TlsVerifiedPeerCanRelay, TlsAllowRenegotiation, ProxyProtocolFrom, DeliveryMethod, Gateway, Port, Timeout,
        ];
        Tls = [TlsCertificate, TlsKey, TlsClientCa, TlsCiphers, TlsProtocols, TlsVerifyMode, TlsVerifiedPeerCanRelay, TlsAllowRenegotiation];
        ByName = All.ToFrozenDictionary(d => d.Name, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>Every option, in the order the documentation has them.</summary>
    public static ImmutableArray<OptionDefinition> All { get; }

    /// <summary>Those that mean something only with <see cref="UseSsl"/>.</summary>
    internal static ImmutableArray<OptionDefinition> Tls { get; }

    /// <summary>The option of a name in any case, or <see langword="null"/> if there is none.</summary>
    /// <param name="name">The name.</param>
    public static OptionDefinition? Find(string name) => ByName.GetValueOrDefault(name);
}
