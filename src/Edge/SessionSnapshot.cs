using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge;

/// <summary>One session at one instant.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Peer">The injecting peer.</param>
/// <param name="Listen">The Listen it came through, as the configuration writes it.</param>
/// <param name="Edge">The edge it is on.</param>
/// <param name="OpenedAt">Since when, UTC.</param>
/// <param name="Messages">Messages accepted.</param>
/// <param name="Bytes">Octets of their packages.</param>
/// <param name="LastActivity">When the last octet came or the last reply went, UTC.</param>
/// <param name="IdleLeft">How long it may stay silent from now on.</param>
/// <param name="Policy">What it goes by.</param>
/// <param name="Refusal">What its packages are answered with, if it is over a limit or not admitted; otherwise null.</param>
/// <param name="IsClosing">Whether an operator has closed it and its last replies are under way.</param>
/// <param name="Where">Where in the conversation it stands.</param>
public sealed record SessionSnapshot(
    Guid Id,
    PeerId Peer,
    string Listen,
    string Edge,
    DateTimeOffset OpenedAt,
    long Messages,
    long Bytes,
    DateTimeOffset LastActivity,
    TimeSpan IdleLeft,
    EffectivePolicy Policy,
    string? Refusal,
    bool IsClosing,
    string Where);
