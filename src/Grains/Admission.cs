using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grains;

/// <summary>Who may inject, <c>Grid:Admission</c>. ECStream has no authentication: the address is all there is.</summary>
public sealed class AdmissionOptions
{
    /// <summary>
    /// Whether peers may inject that are neither local nor in a Peer scope. Default: false, since whoever reaches the port of an
    /// open listener sends mail in the operator's name.
    /// </summary>
    public bool AllowUnlisted { get; set; }
}

/// <summary>
/// Decides who may inject: clients of this machine (loopback, Unix sockets), peers that match a Peer scope of the file or
/// one that an operator has set something at. Anyone else is told what would admit him, and to try later: a slip in the configuration must not make
/// an injector give its mail up.
/// </summary>
internal sealed class Admission(AdmissionOptions options, LivePolicy policy)
{
    /// <param name="peer">The peer.</param>
    /// <param name="listen">The Listen it comes through.</param>
    /// <returns>The refusal, or null if it is admitted.</returns>
    public SessionRefused? Judge(PeerId peer, string listen) =>
        options.AllowUnlisted || peer.IsLocal || policy.MatchesPeerScope(listen, peer)
            ? null
            : new SessionRefused(
                $"4.7.1 peer {peer.Key} is not admitted: no Peer scope matches it; Peer \"{peer.Key}\" {{ }} in ECStream_Listener admits it, Grid:Admission:AllowUnlisted everyone",
                "Admission");
}
