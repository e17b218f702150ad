using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains.Nodes;

/// <summary>One session at one instant.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Peer">The injecting peer.</param>
/// <param name="Listen">The Listen it came through, as the configuration writes it.</param>
/// <param name="Node">The node it is on.</param>
/// <param name="OpenedAt">Since when, UTC.</param>
/// <param name="Messages">Messages accepted.</param>
/// <param name="Bytes">Octets of their packages.</param>
/// <param name="LastActivity">When the last octet came or the last reply went, UTC.</param>
/// <param name="IdleLeft">How long it may stay silent from now on.</param>
/// <param name="Policy">What it goes by.</param>
/// <param name="Refusal">What its packages are answered with, if it is over a limit or not admitted; otherwise null.</param>
/// <param name="IsClosing">Whether an operator has closed it and its last replies are under way.</param>
/// <param name="Where">Where in the conversation it stands.</param>
[GenerateSerializer, Immutable, Alias("ecstream.session-snapshot")]
public sealed record SessionSnapshot(
    [property: Id(0)] Guid Id,
    [property: Id(1)] string Peer,
    [property: Id(2)] string Listen,
    [property: Id(3)] string Node,
    [property: Id(4)] DateTimeOffset OpenedAt,
    [property: Id(5)] long Messages,
    [property: Id(6)] long Bytes,
    [property: Id(7)] DateTimeOffset LastActivity,
    [property: Id(8)] TimeSpan IdleLeft,
    [property: Id(9)] EffectivePolicy Policy,
    [property: Id(10)] string? Refusal,
    [property: Id(11)] bool IsClosing,
    [property: Id(12)] string Where);
