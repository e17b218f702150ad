namespace EcStreamOrleans.Protocol.Framing;

/// <summary>
/// What the certificate of a peer was worth at the edge that passes its session on. The certificate at the other end of that edge's connection is the
/// edge's own, and says nothing of the peer.
/// </summary>
/// <param name="VerifiedSubject">Whom a certificate that verified there names; <see langword="null"/> if none did.</param>
/// <param name="IsAdmitted">Whether it admitted the peer there.</param>
public sealed record PassedPeer(string? VerifiedSubject, bool IsAdmitted);
