using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Edge.Facts;

/// <summary>What is remembered of one batch, or of the end of a session: sizes and times, nothing of what the mail says.</summary>
/// <param name="Instant">When, UTC.</param>
/// <param name="Peer">Whose.</param>
/// <param name="Listen">The Listen it came through.</param>
/// <param name="Session">The session's id.</param>
/// <param name="Messages">Messages in the batch; 0 for the end of a session that was silent for too long.</param>
/// <param name="Bytes">Octets of its packages.</param>
/// <param name="Silence">The longest time that the session was silent, and owed nothing, since the fact before.</param>
public readonly record struct TrafficFact(
    DateTimeOffset Instant, PeerId Peer, string Listen, Guid Session, int Messages, int Bytes, TimeSpan Silence);
