using System.Net.Security;
using System.Security.Authentication;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge;

/// <summary>What a handshake came to.</summary>
/// <param name="Protocol">The version of TLS.</param>
/// <param name="CipherSuite">The cipher suite.</param>
/// <param name="Subject">Whom the client's certificate names, or null if it presented none.</param>
/// <param name="Issuer">Who issued it.</param>
/// <param name="Fault">Why the certificate does not count, or null if it does.</param>
internal sealed record TlsSession(SslProtocols Protocol, TlsCipherSuite CipherSuite, string? Subject, string? Issuer, string? Fault)
{
    /// <summary>Whom a certificate that verifies names.</summary>
    public string? VerifiedSubject => Fault is null ? Subject : null;

    /// <summary>As a log line has it.</summary>
    public override string ToString() =>
        $" over {Protocol} {CipherSuite}" + (Subject is null ? "" : Fault is null ? $", certificate of {Subject} by {Issuer}" : $", unverified certificate of {Subject} by {Issuer}: {Fault}");

    /// <summary>Why the session is refused, or null if it is not.</summary>
    public string? FindRefusal(string listen, TlsVerifyMode mode) =>
        mode == TlsVerifyMode.Require && VerifiedSubject is null
            ? $"4.7.1 client certificate required by TLS_Verify_Mode of Listen {listen}: {(Subject is null ? "none was presented" : $"that of {Subject} does not verify: {Fault}")}"
            : null;
}
