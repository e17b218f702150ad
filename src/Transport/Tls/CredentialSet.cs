using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace EcStreamOrleans.Transport.Tls;

/// <summary>A certificate with its key and what is sent along with it, and the roots of the others. Immutable.</summary>
internal sealed record CredentialSet(SslStreamCertificateContext Certificate, X509Certificate2Collection Authorities)
{
    public const string ServerUse = "1.3.6.1.5.5.7.3.1";
    public const string ClientUse = "1.3.6.1.5.5.7.3.2";

    /// <summary>How the other side's certificate is verified: by these roots and nothing else, for the part that the other side has, now.</summary>
    public X509ChainPolicy PolicyFor(string use, TimeProvider clock)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTime = clock.GetUtcNow().UtcDateTime,
            ApplicationPolicy = { new Oid(use) },
        };
        policy.CustomTrustStore.AddRange(Authorities);
        return policy;
    }

    /// <summary>Why others that have the same authorities will refuse this node's certificate; <see langword="null"/> if they will not.</summary>
    public string? FindDoubt(TimeProvider clock) =>
        new[] { ServerUse, ClientUse }.Select(use => FindDoubt(use, clock)).FirstOrDefault(doubt => doubt is not null);

    private string? FindDoubt(string use, TimeProvider clock)
    {
        using var chain = new X509Chain { ChainPolicy = PolicyFor(use, clock) };
        chain.ChainPolicy.ExtraStore.AddRange(Certificate.IntermediateCertificates.ToArray());
        return chain.Build(Certificate.TargetCertificate) ? null : Describe(chain.ChainStatus);
    }

    public static string Describe(X509ChainStatus[] faults) =>
        string.Join("; ", faults.Select(fault => $"{fault.Status} ({fault.StatusInformation.Trim()})").Distinct(StringComparer.Ordinal));
}
