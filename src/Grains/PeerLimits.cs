namespace EcStreamOrleans.Grains;

/// <summary>
/// What one peer may take of the grid, over all edges: its grain decides. Grid settings, the same for every peer; 0 means no
/// limit.
/// </summary>
/// <param name="MaxSessions">Sessions open at once. Grid:Limits:MaxSessionsPerPeer.</param>
/// <param name="MaxMessagesPerSecond">Messages a second. Grid:Limits:MaxMessagesPerSecondPerPeer.</param>
/// <param name="MaxBytesPerSecond">Octets of packages a second. Grid:Limits:MaxBytesPerSecondPerPeer.</param>
public sealed record PeerLimits(int MaxSessions, long MaxMessagesPerSecond, long MaxBytesPerSecond);
