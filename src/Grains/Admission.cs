using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains;

/// <summary>Who may inject, <c>Grid:Admission</c>. ECStream has no authentication: the address is all there is.</summary>
public sealed class AdmissionOptions
{
    /// <summary>The name of its refusals, as <see cref="SessionRefused.Limit"/> and <see cref="BatchVerdict.Limit"/> have it.</summary>
    public const string Limit = "Admission";

    /// <summary>
    /// Whether peers may inject that are neither local nor in a Peer scope. Default: false, since whoever reaches the port of an
    /// open listener sends mail in the operator's name.
    /// </summary>
    public bool AllowUnlisted { get; set; }
}

/// <summary>
/// Decides who may inject: clients of this machine (loopback, Unix sockets), peers that match a Peer scope of the file or
/// one that an operator has set something at, and those whose certificate their Listen trusts so far. Anyone else is told what would admit
/// him, and to try later: a slip in the configuration must not make
/// an injector give its mail up.
/// </summary>
/// <param name="options">The settings.</param>
/// <param name="policy">What the node knows of Peer scopes.</param>
public sealed class Admission(AdmissionOptions options, LivePolicy policy)
{
    /// <summary>Whether a peer may inject now.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="listen">The Listen it comes through.</param>
    /// <param name="isAdmittedByTls">Whether its certificate admits it on this Listen.</param>
    /// <returns>The refusal, or null if it is admitted.</returns>
    public SessionRefused? Judge(PeerId peer, string listen, bool isAdmittedByTls) =>
        !isAdmittedByTls && Judge(policy.Configuration.Grid, policy.Overrides, peer, listen) is { IsAdmitted: false } verdict
            ? new SessionRefused($"4.7.1 peer {peer.Key} is not admitted: {verdict.Why}", AdmissionOptions.Limit)
            : null;

    /// <summary>Whether a peer may inject by some configuration and overrides, without a certificate.</summary>
    /// <param name="configuration">The file.</param>
    /// <param name="overrides">What is set beside it.</param>
    /// <param name="peer">The peer.</param>
    /// <param name="listen">The Listen it comes through.</param>
    public AdmissionVerdict Judge(GridConfiguration configuration, OverrideSet overrides, PeerId peer, string listen)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return options.AllowUnlisted ? new(true, "Grid:Admission:AllowUnlisted admits everyone")
            : peer.IsLocal ? new(true, "a client of this machine")
            : PolicyEvaluator.MatchesPeerScope(configuration, overrides, listen, peer) ? new(true, "a Peer scope matches it")
            : new(false, $"no Peer scope matches it; Peer \"{peer.Key}\" {{ }} in ECStream_Listener admits it,{CertificateWay(configuration, listen)} Grid:Admission:AllowUnlisted everyone");
    }

    private static string CertificateWay(GridConfiguration configuration, string listen) => configuration.FindListen(listen)?.Tls switch
    {
        null => "",
        { VerifiedPeerIsAdmitted: true } => " a client certificate that verifies whoever presents it,",
        _ => " TLS_Verified_Peer_Can_Relay or TLS_Verify_Mode = \"require\" whoever presents a client certificate that verifies,",
    };
}

/// <summary>Whether a peer may inject.</summary>
/// <param name="IsAdmitted">Whether.</param>
/// <param name="Why">What admits it, or what would.</param>
public readonly record struct AdmissionVerdict(bool IsAdmitted, string Why);
