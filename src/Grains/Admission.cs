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
internal sealed class Admission(AdmissionOptions options, LivePolicy policy)
{
    /// <param name="peer">The peer.</param>
    /// <param name="listen">The Listen it comes through.</param>
    /// <param name="isAdmittedByTls">Whether its certificate admits it on this Listen.</param>
    /// <returns>The refusal, or null if it is admitted.</returns>
    public SessionRefused? Judge(PeerId peer, string listen, bool isAdmittedByTls) =>
        options.AllowUnlisted || isAdmittedByTls || peer.IsLocal || policy.MatchesPeerScope(listen, peer)
            ? null
            : new SessionRefused(
                $"4.7.1 peer {peer.Key} is not admitted: no Peer scope matches it; Peer \"{peer.Key}\" {{ }} in ECStream_Listener admits it,{CertificateWay(listen)} Grid:Admission:AllowUnlisted everyone",
                AdmissionOptions.Limit);

    private string CertificateWay(string listen) => policy.Configuration.Grid.FindListen(listen)?.Tls switch
    {
        null => "",
        { VerifiedPeerIsAdmitted: true } => " a client certificate that verifies whoever presents it,",
        _ => " TLS_Verified_Peer_Can_Relay or TLS_Verify_Mode = \"require\" whoever presents a client certificate that verifies,",
    };
}
