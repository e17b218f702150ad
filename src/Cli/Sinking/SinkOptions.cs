using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Sinking;

/// <summary>What a sink is asked to do.</summary>
/// <param name="Listen">Where.</param>
/// <param name="Maildir">Where messages are delivered before they are accepted, or null: they are dropped.</param>
/// <param name="Reply">The verdict on every sound package.</param>
/// <param name="Max">Messages after which it ends, or null.</param>
internal sealed record SinkOptions(EcStreamEndpoint Listen, string? Maildir, ReplyCode Reply, int? Max);
