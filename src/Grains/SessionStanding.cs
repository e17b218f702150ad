using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains;

/// <summary>What a peer may do on a Listen, as it was found at one state of the policy.</summary>
internal sealed class SessionStanding
{
    private readonly LivePolicy _policy;
    private readonly LoadedConfiguration _configuration;
    private readonly OverrideSet _overrides;

    public SessionStanding(LivePolicy policy, Admission admission, PeerId peer, string listen, bool isAdmittedByTls)
    {
        // What it goes by is noted first: a change in between makes it look outdated, never current.
        (_policy, _configuration, _overrides) = (policy, policy.Configuration.Current, policy.Overrides);
        var effective = policy.Evaluate(listen, peer);
        IdleTime = effective.IdleTime.Value;
        Refusal = effective.Suspension is { } suspension ? Suspended(peer, suspension) : admission.Judge(peer, listen, isAdmittedByTls);
    }

    /// <summary>Whether nothing has changed since.</summary>
    public bool IsCurrent => ReferenceEquals(_configuration, _policy.Configuration.Current) && ReferenceEquals(_overrides, _policy.Overrides);

    /// <summary>How long a session may be silent.</summary>
    public TimeSpan IdleTime { get; }

    /// <summary>Why the peer's batches are not taken, or null.</summary>
    public SessionRefused? Refusal { get; }

    private static SessionRefused Suspended(PeerId peer, Effective<string> suspension) =>
        new($"4.3.2 peer {peer.Key} is suspended{(suspension.Value.Length == 0 ? "" : $": {suspension.Value}")} ({suspension.Origin})", "Suspended");
}
