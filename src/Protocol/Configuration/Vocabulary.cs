using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>The names that a configuration may use, those that only Momentum knows, and the nearest to a misspelt one.</summary>
internal static class Vocabulary
{
    public const string Listener = "ECStream_Listener";
    public const string Listen = "Listen";
    public const string Module = "ecstream";
    public const string GlobalScope = "Global";

    public const string IdleTime = "ECStream_Idle_Time";
    public const string MaxBatchSize = "ECStream_Max_Batch_Size";
    public const string Gateway = "Gateway";
    public const string DeliveryMethod = "Delivery_Method";
    public const string Port = "ECStream_Port";
    public const string Timeout = "ECStream_Timeout";

    /// <summary>The options of each supported scope.</summary>
    public static readonly FrozenDictionary<string, ImmutableArray<string>> Options =
        new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal)
        {
            [GlobalScope] = [Gateway, DeliveryMethod, Port, Timeout, IdleTime, MaxBatchSize],
            [Listener] = [IdleTime, MaxBatchSize],
            [Listen] = [IdleTime, MaxBatchSize],
            [Module] = [],
        }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The scopes that may stand in each supported scope.</summary>
    public static readonly FrozenDictionary<string, ImmutableArray<string>> Scopes =
        new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal)
        {
            [GlobalScope] = [Listener, Module],
            [Listener] = [Listen],
            [Listen] = [],
            [Module] = [],
        }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly FrozenSet<string> MomentumNames = new[]
    {
        "Accept_Queue_Backlog", "Allow_Null_Envelope_Sender", "Authentication", "Authorization", "Binding", "Binding_Group",
        "Blackhole", "Bounce_Pattern", "Cluster", "Concurrency", "Context", "Control_Listener", "Custom_Logger", "DebugFlags",
        "Delivery_Pool", "Disable_Nagle_Algorithm", "Domain", "Ds_Core", "Ec_Logger", "Enable", "Enable_Authentication",
        "Enable_FBL_Header_Insertion", "ESMTP_Listener", "Event_Loop", "EventLoop", "Events_Per_Iter", "File_Mode",
        "HTTP_Listener", "Idle_Timeout", "Inbound_Audit", "Inbound_Throttle_Messages", "Listen_Backlog", "Listener_Sessions",
        "Local_Changes_File", "Local_Changes_Only", "Mail_Loop", "Match_Cache_Size", "Max_Message_Size",
        "Max_Outbound_Connections", "Max_Receptions_Per_Connection", "Message_Expiration", "Node",
        "Outbound_Throttle_Connections", "Outbound_Throttle_Messages", "Pathway", "Pathway_Group", "Peer", "Pool_Name",
        "Relay_Hosts", "Routes", "Service_Sessions", "SMTP_Extensions", "SNMP", "Spoolbase", "Suspend_Delivery",
        "TCP_Recv_Buffer_Size", "TCP_Send_Buffer_Size", "ThreadPool", "TimestampFormat", "TLS_Allow_Renegotiation",
        "TLS_Certificate", "TLS_Ciphers", "TLS_Client_CA", "TLS_Engine", "TLS_Key", "TLS_Protocols", "TLS_Verify",
        "TLS_Verified_Peer_Can_Relay", "TLS_Verify_Mode", "Unsafe_Spool", "Use_SSL", "XMPP_Listener",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether Momentum has an option or scope of this name that this version does not.</summary>
    public static bool IsMomentumOnly(string name) => MomentumNames.Contains(name);

    /// <summary>The scopes, as a path names them, in which <paramref name="name"/> is supported.</summary>
    public static IEnumerable<string> ScopesOf(string name) =>
        Options.Keys.Where(scope => Options[scope].Concat(Scopes[scope]).Contains(name, StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal);

    /// <summary>The known name nearest to a misspelt one, those of its own scope first, or <see langword="null"/>.</summary>
    public static string? Suggest(string misspelt, string scope) =>
        Nearest(misspelt, [.. Options[scope], .. Scopes[scope]])
        ?? Nearest(misspelt, [.. Options.Values.SelectMany(n => n), .. Scopes.Values.SelectMany(n => n), .. MomentumNames]);

    private static string? Nearest(string misspelt, IReadOnlyList<string> names)
    {
        // A third of the letters wrong is another word, not a slip.
        var limit = Math.Min(4, misspelt.Length / 3);
        return names
            .Select(name => (Name: name, Distance: Distance(misspelt.ToUpperInvariant(), name.ToUpperInvariant())))
            .Where(n => n.Distance <= limit)
            .OrderBy(n => n.Distance)
            .ThenBy(n => n.Name, StringComparer.Ordinal)
            .FirstOrDefault().Name;
    }

    // Levenshtein's distance, by rows.
    private static int Distance(string from, string to)
    {
        // The lengths alone say enough about a name that was never meant to be one.
        if (Math.Abs(from.Length - to.Length) > 4)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var substitution = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
