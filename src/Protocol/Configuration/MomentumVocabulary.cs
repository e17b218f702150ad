using System.Collections.Frozen;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What Momentum knows beyond the ECStream listener: one file serves both, so this must be told from a misspelling.</summary>
internal static class MomentumVocabulary
{
    private static readonly string[] Listeners =
    [
        "Control_Listener", "ECCluster_Listener", "ESMTP_Listener", "HTTP_Listener", "MSGCServer_Listener", "XMPP_Listener",
    ];

    private static readonly string[] Routing = ["Binding", "Binding_Group", "Domain", "Host"];

    private static readonly string[] Machinery =
    [
        "Adaptive_Backstore_LevelDB", "Adaptive_Backstore_Riak", "Adaptive_Sweep_Rule", "Authorization", "Debug_Flags", "DebugFlags",
        "EventLoop", "Logs", "Security", "SNMP", "SNMP_Traps", "ThreadPool",
    ];

    private static readonly string[] Modules =
    [
        "AC_Auth", "Adaptive", "Alerting", "Alias", "Antivirus", "AS_Logger", "Auth_DS", "Auth_LDAP", "Auth_Radius", "BEIK",
        "Bind_Address_Secondary", "Bounce_Classifier", "Bounce_Classifier_Override", "Bounce_Logger", "Brightmail", "Chunk_Logger",
        "ChunkLogger", "CIDR_Server", "CIDRDB", "ClamAV", "Cloudmark", "Cluster", "Commtouch_CTASD", "Compress_Spool", "Conntrol",
        "CSAPI", "Custom_Bounce_Logger", "Custom_Logger", "Delay_DSN", "Disclaimer", "DKIM", "DNSBuf", "DomainKeys", "DS_Core",
        "DSN_Custom", "EC_Logger", "Eleven", "Engagement_Tracker", "Event_Hose", "Event_Hydrant", "Exim_Logger", "FBL", "Fingerprint",
        "FSecure", "Gauge_Cache", "Generic_Webhooks", "HTTP_IO", "HTTP_Logger", "HTTPSrv", "ICU", "ILF_Logger", "ImageAnalyzer",
        "Inbound_Audit", "IPv6_Lookup", "Jlog", "LDAP", "Live_Bounce_Updates", "Mail_Loop", "Maildir", "Msg_Gen", "Msgc", "Msgc_Client",
        "Msgc_Server", "MXIP", "OpenDKIM", "Outbound_Audit", "Outbound_SMTP_Auth", "PE2_Logger", "Persist_IO", "Pipe_IO",
        "Pipe_Transport", "Postfix_Logger", "Postgresql", "Presto", "Rabbitmq", "Reception_Timing", "Replicate", "Response_Transcode",
        "Riak", "Sched", "Scriptlet", "SecureCreds", "Seedlist", "SenderID", "Sendmail_Logger", "Sieve", "Sieve_DS", "Sievelib",
        "SMTP_Auth_Proxy", "SMTP_CBV", "SMTP_Rcptto_Fail_Permfail", "SMTP_Rcptto_Proxy", "SMTPAPI", "SPF_Macros", "SPF_V1", "SPF_V2",
        "Static-Routes", "Static_Routes", "STATP", "Stats_Producer", "Suppress_Spool", "Syslog_IO", "TLS_Macros", "URIBL", "URL_Ripper",
        "VCTX_Conn_Set", "XClient",
    ];

    private static readonly FrozenSet<string> Scopes = Set([.. Listeners, .. Routing, .. Machinery, .. Modules]);

    private static readonly FrozenSet<string> RoutingScopes = Set(Routing);

    // These are there without a scope that makes them.
    private static readonly FrozenSet<string> ThreadPools =
        FrozenSet.Create(StringComparer.Ordinal, "Batch_Unlink", "Close", "CPU", "IO", "SpoolIn", "SwapIn", "SwapOut", "Unlink");

    private static readonly FrozenSet<string> PoolOptions = Set(["Backlog", "Stack_Size"]);

    /// <summary>Options of the global scope and of pathways that would reach an ECStream listener by fallback, and have no effect here yet.</summary>
    private static readonly FrozenSet<string> SharedOptions = Set(["Inbound_Throttle_Messages"]);

    private static readonly FrozenSet<string> GlobalOptions = Set(
    [
        "_Unsafe_Spool", "Unsafe_Spool", "Adaptive_Adjustment_Interval", "Adaptive_Alert_Email_Destination", "Adaptive_Attempt_Threshold",
        "Adaptive_Body_Timeout", "Adaptive_Default_Suspension", "Adaptive_EHLO_Timeout", "Adaptive_Enabled", "Adaptive_FBL_Volume_Threshold",
        "Adaptive_Idle_Timeout", "Adaptive_Mailfrom_Timeout", "Adaptive_Max_Deliveries_Per_Connection",
        "Adaptive_Max_Outbound_Connections", "Adaptive_Max_Recipients_Per_Batch", "Adaptive_Max_Recipients_Per_Connection",
        "Adaptive_Max_Resident_Active_Queue", "Adaptive_Max_Retries", "Adaptive_Max_Retry_Interval", "Adaptive_Notification_Events",
        "Adaptive_Notification_Interval", "Adaptive_Outbound_Throttle_Messages", "Adaptive_Positive_Adjustment_Interval",
        "Adaptive_Rcptto_Timeout", "Adaptive_Rejection_Rate_Suspension_Percentage", "Adaptive_Retry_Fuzz", "Adaptive_Retry_Interval",
        "Adaptive_Rset_Timeout", "Adaptive_Scope", "Adaptive_Sweep_Rule_Enabled", "Address_Metrics_Cleanse_Interval",
        "Address_Metrics_Lifetime", "Alias_Schemes", "Allow_IP_Literal", "Allow_Null_Envelope_Sender",
        "Allow_Trailing_Whitespace_In_Commands", "APN_Expiry", "Async_Bounce_Rendering", "Bind_Address", "Binding_Auto_Replumb",
        "Binding_Auto_Replumb_Interval", "Blackhole", "Body_Timeout", "Bounce_Behavior", "Bounce_Domains", "Bounce_Pattern",
        "Bounce_Suppress_List", "Bounces_Inline_Original", "Clear_Mail_Queue_Maintainers", "Cluster_Max_Outbound_Connections",
        "Cluster_Outbound_Throttle_Connections", "Cluster_Outbound_Throttle_Messages", "Cluster_Scope_Max_Outbound_Connections",
        "Cluster_Server_Max_Outbound_Connections", "Connect_Timeout", "Connect_Timeout_To_Delay",
        "Connection_Allocation_Aggressiveness", "Control_Client_Timeout", "Crypto_Engine", "Crypto_Lock_Method", "Default_Binding",
        "Default_Charset", "Delay_DSN_Max_Retry_Interval", "Delay_DSN_Retry_Interval", "Delayed_Binding_Domain_Fuzz",
        "Delayed_Queue_Scan_Interval", "Delivery_Pool", "Delivery_Response_Timeout", "Disk_Queue_Drain_Rate", "DNS_Cache_Purge_Interval",
        "DNS_Expire_Interval", "DNS_Failures_To_Purge", "DNS_Fallback_To_TCP", "Domain_For_Unqualified_Recipient_Addresses",
        "Domain_For_Unqualified_Sender_Address", "Drop_Body_After_Trans_Fail", "EHLO_Hostname", "EHLO_Timeout",
        "Enable_FBL_Header_Insertion", "Exclude_Vctx_Conn", "Exclude_Vctx_Mess", "Expensive_Batch_Assessment", "Force_Fsync",
        "Fully_Resolve_Before_SMTP", "GCM_Application_ID", "GCM_Authorization_Token_ID", "GCM_Delay_While_Idle", "GCM_Dry_Run", "GCM_TTL",
        "Generate_Bounces", "Generate_Bounces_For_Multi_Recipient_Policy_Rejections", "Generate_Delay_DSN", "Growbuf_Size",
        "Host_Failure_Retry", "Hostname", "HTTP_Basic_Auth", "HTTP_Host", "HTTP_Method", "HTTP_URI", "HTTP_Version", "Idle_Timeout",
        "Initial_Hash_Buckets", "Inline_Transfail_Processing", "Keep_Message_Dicts_In_Memory", "Large_Message_Threshold",
        "Legacy_Message_Threshold", "License", "LMTP_Port", "Local_Changes_Only", "Mail_Queue_Check_VM_Interval", "Mailerdaemon",
        "Mailfrom_Timeout", "Maintainer_Pool", "Malloc2Mmap_Threshold", "MasterDB_File", "Match_Cache_Life", "Match_Cache_Size",
        "Max_Deliveries_Per_Connection", "Max_DNS_TTL", "Max_Outbound_Connections", "Max_Receptions_Per_Connection",
        "Max_Recipients_Per_Batch", "Max_Recipients_Per_Connection", "Max_Resident_Active_Queue", "Max_Resident_Messages",
        "Max_Resident_Transfails", "Max_Retries", "Max_Retry_Interval", "Max_Timed_Events_Per_Iter", "MDN_Failures_Notify", "Memory_Goal",
        "Memory_HWM", "Message_Expiration", "Migrate_Connections_Between_Sibling_Domains",
        "MIME_Parse_Large_Messages_During_Reception", "Min_DNS_TTL", "MX_Failures_Fallback_To_A", "MX_Failures_To_Delay",
        "Never_Attempt_Expired_Messages", "Never_Retry", "Only_Use_Best_MX_For_Relay_Domains", "OpenDKIM_Sign",
        "Outbound_Throttle_Connections", "Outbound_Throttle_Messages", "PCRE_Cache_Size", "PCRE_Cache_TTL", "Permastore_Interval",
        "PIDFile", "Prohibited_Hosts", "Rcptto_Timeout", "Relay_Domains", "Relay_Hosts", "Remote_SMTP_Port", "Require_EHLO",
        "Reserve_Maintenance_Interval", "Resolv_Conf", "Response_Transcode_Pattern", "Response_Transcode_Replace", "Retry_Interval",
        "RFC2821_Allow_Whitespace_In_Envelope", "RFC2821_Pedantic_Address_Rules", "RFC2822_Date_Header", "RFC2822_Lone_LF_In_Body",
        "RFC2822_Lone_LF_In_Headers", "RFC2822_Max_Line_Length", "RFC2822_Max_Line_Length_Policy", "RFC2822_MessageID_Header",
        "RFC2822_Missing_Headers", "RFC2822_Trace_Headers", "Routes", "Rset_Timeout", "Scheduler", "Scope_Max_Outbound_Connections",
        "Send_8BitMIME", "Server_Max_File_Descriptors", "Server_Max_Outbound_Connections", "Server_Reserve_Outbound_Connections",
        "Signing_Stats", "SIV_Throttle_Cache_Size", "Skip_Hosts", "Soft_Bounce_Drain_Rate", "Spool_Mode", "Spoolbase", "SSL_Lock_Method",
        "Suspend_Delivery", "TCP_Buffer_Size", "TimestampFormat", "TLS", "TLS_CA", "TLS_DHParams_File", "TLS_Enable_DHE_Ciphers",
        "TLS_Engine", "TLS_IfAvailable_Fallback", "TLS_Verify", "Trace_SMTP_Mode", "Transfail_Drain_Rate", "Transform_8BitMIME_Content",
        "Umem_Reap_Interval", "Unlink_On_Spool_In_Failure", "Use_IFList_Cache", "Use_IPv6", "Use_MMap", "Use_Sendfile",
    ]);

    /// <summary>The options that only other listeners take from a pathway.</summary>
    private static readonly FrozenSet<string> PathwayOptions = Set(
    [
        "Alias_Schemes", "Allow_IP_Literal", "Allow_Null_Envelope_Sender", "Allow_Trailing_Whitespace_In_Commands", "Always_Allow",
        "Always_Deny", "AuthCramMD5Parameters", "AuthDigestMD5Parameters", "AuthLoginParameters", "AuthPlainParameters",
        "Banner_Hostname", "Bounce_Domains", "Click_Tracking_Enabled", "Click_Tracking_Scheme", "Context", "Default_Charset",
        "Disable_Chunked", "Domain_For_Unqualified_Recipient_Addresses", "Domain_For_Unqualified_Sender_Address",
        "Enable_Authentication", "Generate_Bounces_For_Multi_Recipient_Policy_Rejections", "Idle_Time", "Listener_Sessions",
        "Log_Requests_To_Paniclog", "Max_Message_Size", "Max_Receptions_Per_Connection", "Max_Recipients_Per_Message",
        "Max_Request_Size", "MCMT_Reception", "Open_Relay", "Open_Tracking_Enabled", "Open_Tracking_Scheme", "Received_Hostname",
        "Relay_Domains", "Relay_For_Sending_Domains", "Relay_Hosts", "Require_EHLO", "RFC2821_Allow_Whitespace_In_Envelope",
        "RFC2821_Pedantic_Address_Rules", "RFC2822_Date_Header", "RFC2822_Lone_LF_In_Body", "RFC2822_Lone_LF_In_Headers",
        "RFC2822_Max_Line_Length", "RFC2822_Max_Line_Length_Policy", "RFC2822_MessageID_Header", "RFC2822_Missing_Headers",
        "RFC2822_Trace_Headers", "Service_Sessions", "SMTP_Extensions", "StartTLS_Injection_Policy", "Static_Banner",
        "TLS_Verified_Peer_Is_Authorized", "Tracking_Domain", "Tracking_Link_Expiry",
    ]);

    // What stands only inside of scopes that are skipped as a whole, or would change how the file itself is read.
    private static readonly FrozenSet<string> OtherNames = Set(
        ["Authentication", "Duravip_Follow", "Duravip_Preference", "Enable_Duravip", "Local_Changes_File", "Node", "Role"]);

    /// <summary>Every name, for suggestions.</summary>
    public static IEnumerable<string> Names { get; } =
    [
        .. Scopes.Concat(GlobalOptions).Concat(SharedOptions).Concat(PathwayOptions).Concat(OtherNames).Distinct(StringComparer.OrdinalIgnoreCase),
    ];

    private static readonly FrozenSet<string> Spellings = Set([.. Names]);

    /// <summary>The name as Momentum's manual spells it, or <see langword="null"/> if it has none such.</summary>
    public static string? Spell(string name) => Spellings.TryGetValue(name, out var spelling) ? spelling : null;

    /// <summary>Whether Momentum has an option or scope of this name anywhere.</summary>
    public static bool IsKnown(string name) =>
        Scopes.Contains(name) || IsOption(name) || OtherNames.Contains(name);

    /// <summary>Whether a scope of this name stands in Momentum's global scope.</summary>
    public static bool IsScope(string name) => Scopes.Contains(name);

    /// <summary>Whether a scope of this name may decide where mail is delivered to.</summary>
    public static bool IsRoutingScope(string name) => RoutingScopes.Contains(name);

    /// <summary>Whether an option of this name stands in Momentum's global scope.</summary>
    public static bool IsGlobalOption(string name) => GlobalOptions.Contains(name) || SharedOptions.Contains(name);

    /// <summary>Whether an option of the global scope or of a pathway would reach an ECStream listener, too.</summary>
    public static bool IsSharedOption(string name) => SharedOptions.Contains(name);

    /// <summary>Whether Momentum has a thread pool of this name without being told.</summary>
    public static bool IsThreadPool(string name) => ThreadPools.Contains(name);

    /// <summary>Whether an option of this name stands in Momentum's thread pools.</summary>
    public static bool IsPoolOption(string name) => PoolOptions.Contains(name);

    /// <summary>Whether an option of this name stands in Momentum's pathways.</summary>
    public static bool IsPathwayOption(string name) => PathwayOptions.Contains(name) || SharedOptions.Contains(name);

    /// <summary>Whether Momentum has an option of this name anywhere.</summary>
    public static bool IsOption(string name) => IsGlobalOption(name) || IsPathwayOption(name);

    private static FrozenSet<string> Set(string[] names) => names.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
}
