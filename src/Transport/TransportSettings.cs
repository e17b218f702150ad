using System.Net;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Transport;

/// <summary>
/// How the grid's own connections are protected and carried: silo to silo, client to gateway. Section <c>Grid:Transport</c>. Whoever reaches
/// one of these ports without TLS can call any grain.
/// </summary>
public sealed class TransportSettings
{
    private const string Section = "Grid:Transport";

    /// <summary>A PEM file: this node's certificate, the intermediate ones behind it. It is shown as a server and as a client. Default: none.</summary>
    public string? Certificate { get; set; }

    /// <summary>A PEM file: its private key, without a passphrase. Default: none.</summary>
    public string? CertificateKey { get; set; }

    /// <summary>A PEM file: the roots of those who may take part. The system's own are not asked. Default: none.</summary>
    public string? Authorities { get; set; }

    /// <summary>
    /// Names, commas between: the other side's certificate has one of them as DNS name or as its subject's common name. Default: none, and every
    /// certificate that <see cref="Authorities"/> vouch for will do.
    /// </summary>
    public string? AllowedNames { get; set; }

    /// <summary>Whether nodes off loopback may be spoken to in the clear, since something else protects the way there. Default: false.</summary>
    public bool AllowPlain { get; set; }

    /// <summary>
    /// How long a TLS handshake may take; one that this node begins is bounded by Orleans' time to open a connection as well. Default: 10 s, as for
    /// the handshakes of injectors.
    /// </summary>
    public TimeSpan HandshakeTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether sockets are read and written in blocks of 64 KiB in place of Orleans' 4 KiB, and ports bound so that no second silo can share them.
    /// Default: true; docs/adr/0010 has the figures.
    /// </summary>
    public bool LargeBlocks { get; set; } = true;

    /// <summary>Whether connections are under mutual TLS: certificate, key and authorities are all there.</summary>
    public bool UsesTls => Missing.Count == 0;

    private List<string> Missing =>
    [
        .. new[] { (nameof(Certificate), Certificate), (nameof(CertificateKey), CertificateKey), (nameof(Authorities), Authorities) }
            .Where(file => string.IsNullOrEmpty(file.Item2))
            .Select(file => $"{Section}:{file.Item1}"),
    ];

    internal IReadOnlySet<string> Names => new HashSet<string>(
        (AllowedNames ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);

    /// <summary>What is wrong with the section as such; what is wrong with its files is for <see cref="TransportCredentials"/> to say.</summary>
    public IEnumerable<string> FindErrors()
    {
        if (Missing.Count is 1 or 2)
        {
            yield return $"{Section}: TLS needs a certificate, its key and authorities; missing: {string.Join(", ", Missing)}.";
        }

        if (AllowedNames is not null && Missing.Count == 3)
        {
            yield return $"{Section}:AllowedNames = {AllowedNames}: names are in certificates: without TLS nothing would look at them.";
        }

        if (AllowedNames is not null && Names.Count == 0)
        {
            yield return $"{Section}:AllowedNames = {AllowedNames}: holds no name; leave it out if every certificate that {Section}:Authorities vouch for will do.";
        }

        if (SettingRange.Check($"{Section}:{nameof(HandshakeTime)}", HandshakeTime.TotalSeconds, 1, 300) is { } error)
        {
            yield return error;
        }
    }

    /// <summary>What speaks against an address of the grid's own, to listen on or to call.</summary>
    /// <param name="setting">The setting that names it.</param>
    /// <param name="address">The address.</param>
    /// <returns>A sentence, or <see langword="null"/> if nothing does.</returns>
    public string? FindPlainError(string setting, IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return MaySpeakTo(address)
            ? null
            : $"{setting} = {address}: is not a loopback address, and whoever reaches it could call any grain: set {Section}:Certificate, {Section}:CertificateKey and {Section}:Authorities, or {Section}:AllowPlain=true if something else protects the way there.";
    }

    internal bool MaySpeakTo(IPAddress address) =>
        UsesTls || AllowPlain || IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
}
