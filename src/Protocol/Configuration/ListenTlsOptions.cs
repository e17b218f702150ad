using System.Security.Authentication;
using EcStreamOrleans.Protocol.Tls;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>What a Listen asks of its clients' certificates, <c>TLS_Verify_Mode</c>.</summary>
public enum TlsVerifyMode
{
    /// <summary>Not set: a client may present one, and one that is presented is verified.</summary>
    Optional,

    /// <summary><c>none</c>: none is asked for.</summary>
    None,

    /// <summary><c>require</c>: without one that verifies the session is refused.</summary>
    Require,
}

/// <summary>TLS from the first octet (<c>Use_SSL</c>), after fallback. A Listen without it has none of this.</summary>
/// <param name="Certificate">PEM: the certificate, intermediates behind it, and the key unless <paramref name="Key"/> has it. <c>TLS_Certificate</c>.</param>
/// <param name="Key">PEM: the private key, or null if it is in <paramref name="Certificate"/>. <c>TLS_Key</c>.</param>
/// <param name="ClientCa">PEM: who may issue clients' certificates; null for the system's trusted issuers. <c>TLS_Client_CA</c>.</param>
/// <param name="Ciphers">A cipher list in OpenSSL's form, or null for the system's. <c>TLS_Ciphers</c>; TLS 1.3's own suites stay as the system has them.</param>
/// <param name="CiphersLocation">Where <paramref name="Ciphers"/> stands.</param>
/// <param name="Protocols"><see cref="SslProtocols.None"/> leaves the choice to the system. <c>TLS_Protocols</c>.</param>
/// <param name="VerifyMode">What is asked of clients' certificates.</param>
/// <param name="VerifiedPeerMayInject">Whether a verified certificate admits its peer also where none is required. <c>TLS_Verified_Peer_Can_Relay</c>.</param>
/// <param name="AllowRenegotiation">Whether a client may renegotiate under TLS 1.2. <c>TLS_Allow_Renegotiation</c>.</param>
public sealed record ListenTlsOptions(
    ConfigPath Certificate,
    ConfigPath? Key,
    ConfigPath? ClientCa,
    string? Ciphers,
    SourceLocation CiphersLocation,
    SslProtocols Protocols,
    TlsVerifyMode VerifyMode,
    bool VerifiedPeerMayInject,
    bool AllowRenegotiation)
{
    /// <summary>What the files hold; <see langword="null"/> where only the text of the configuration was read.</summary>
    public TlsCredentials? Credentials { get; init; }

    /// <summary>Whether a verified certificate admits its peer.</summary>
    public bool VerifiedPeerIsAdmitted => VerifyMode == TlsVerifyMode.Require || (VerifyMode == TlsVerifyMode.Optional && VerifiedPeerMayInject);

    /// <inheritdoc/>
    public bool Equals(ListenTlsOptions? other) => other is not null && ByValue == other.ByValue;

    /// <inheritdoc/>
    public override int GetHashCode() => ByValue.GetHashCode();

    // All but where the cipher list stands; a renewed certificate under the same path is a change.
    private (ConfigPath, ConfigPath?, ConfigPath?, string?, SslProtocols, TlsVerifyMode, bool, bool, TlsCredentials?) ByValue =>
        (Certificate, Key, ClientCa, Ciphers, Protocols, VerifyMode, VerifiedPeerMayInject, AllowRenegotiation, Credentials);
}
