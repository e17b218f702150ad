using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace EcStreamOrleans.Transport.Tls;

/// <summary>Judges the other side's certificate in one handshake.</summary>
internal sealed class CertificateJudge(IReadOnlySet<string> allowedNames)
{
    private const string CommonName = "2.5.4.3";
    private const int MaxTextLength = 256;

    /// <summary>Why the certificate is refused; <see langword="null"/> if it is not, or has not been seen.</summary>
    public string? Fault { get; private set; }

    /// <summary>Whose it is, by its own word.</summary>
    public string Subject { get; private set; } = "none";

    public bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is not X509Certificate2 shown)
        {
            Fault = "it shows no certificate";
            return false;
        }

        Subject = Printable(shown.Subject);
        Fault = errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? $"its certificate does not verify: {(chain is null ? errors.ToString() : CredentialSet.Describe(chain.ChainStatus))}"
            : allowedNames.Count > 0 && !NamesOf(shown).Any(allowedNames.Contains)
                ? $"its certificate has none of Grid:Transport:AllowedNames = {string.Join(", ", allowedNames)}, but {Printable(string.Join(", ", NamesOf(shown)))}"
                : null;
        return Fault is null;
    }

    private static List<string> NamesOf(X509Certificate2 certificate) =>
    [
        .. certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()),
        .. certificate.SubjectName.EnumerateRelativeDistinguishedNames()
            .Where(part => !part.HasMultipleElements && part.GetSingleElementType().Value == CommonName)
            .Select(part => part.GetSingleElementValue() ?? ""),
    ];

    /// <summary>Names come from the other side: they must not break a line, nor fill it.</summary>
    public static string Printable(string text)
    {
        var shown = text.Length > MaxTextLength ? text[..MaxTextLength] + "…" : text;
        return string.Create(shown.Length, shown, static (to, from) =>
        {
            for (var i = 0; i < from.Length; i++)
            {
                to[i] = char.IsControl(from[i]) ? '?' : from[i];
            }
        });
    }
}
