using System.Security.Authentication;

namespace EcStreamOrleans.Protocol.Configuration;

/// <summary>
/// What <c>TLS_Protocols</c> says, read from left to right:
/// <code>
/// list  = [ ":" ] , entry , { ":" , entry } ;
/// entry = [ "+" | "-" ] , ( "ALL" | "SSLv2" | "SSLv3" | "TLSv1" | "TLSv1.0" | "TLSv1.1" | "TLSv1.2" | "TLSv1.3" ) ;
/// </code>
/// </summary>
/// <param name="Protocols">What is left of them.</param>
/// <param name="Asked">Those that the list asks for by their own names, not by ALL.</param>
internal sealed record TlsProtocolList(SslProtocols Protocols, IReadOnlyList<string> Asked)
{
    private const string Expected = "a list such as \"+ALL:-TLSv1.0:-TLSv1.1\" of ALL, TLSv1.0, TLSv1.1, TLSv1.2, TLSv1.3";
    private const string EveryName = "ALL";

    // Old clients are the reason to name the first two; whether they work is up to the system's policy.
#pragma warning disable SYSLIB0039, CA5397
    private static readonly Dictionary<string, SslProtocols> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        [EveryName] = SslProtocols.Tls | SslProtocols.Tls11 | SslProtocols.Tls12 | SslProtocols.Tls13,
        ["SSLv2"] = SslProtocols.None,
        ["SSLv3"] = SslProtocols.None,
        ["TLSv1"] = SslProtocols.Tls,
        ["TLSv1.0"] = SslProtocols.Tls,
        ["TLSv1.1"] = SslProtocols.Tls11,
        ["TLSv1.2"] = SslProtocols.Tls12,
        ["TLSv1.3"] = SslProtocols.Tls13,
    };

    private const SslProtocols Old = SslProtocols.Tls | SslProtocols.Tls11;
#pragma warning restore SYSLIB0039, CA5397

    /// <summary>What is asked for and no system has any more.</summary>
    public IEnumerable<string> Missing => Asked.Where(n => Known[n] == SslProtocols.None);

    /// <summary>What is asked for and obsolete.</summary>
    public IEnumerable<string> Outdated => Asked.Where(n => (Known[n] & Old) != SslProtocols.None);

    /// <returns>The list, of which the protocols count only if there is no error.</returns>
    public static (TlsProtocolList List, string? Error) Parse(string text)
    {
        var protocols = SslProtocols.None;
        var asked = new List<string>();
        string? error = null;
        foreach (var entry in (text.StartsWith(':') ? text[1..] : text).Split(':'))
        {
            var name = entry is ['+' or '-', ..] ? entry[1..] : entry;
            if (!Known.TryGetValue(name, out var protocol))
            {
                error ??= $"'{Token.Shorten(name)}' is not a protocol; expected {Expected}";
                continue;
            }

            var isEvery = string.Equals(name, EveryName, StringComparison.OrdinalIgnoreCase);
            if (entry[0] == '-')
            {
                protocols &= ~protocol;
                asked.RemoveAll(n => isEvery || IsSame(n, name));
            }
            else
            {
                protocols |= protocol;
                asked.AddRange(isEvery || asked.Exists(n => IsSame(n, name)) ? [] : [name]);
            }
        }

        error ??= protocols == SslProtocols.None ? $"'{Token.Shorten(text)}' leaves no protocol; expected {Expected}" : null;
        return (new TlsProtocolList(protocols, asked), error);
    }

    private static bool IsSame(string name, string other) => string.Equals(OneName(name), OneName(other), StringComparison.OrdinalIgnoreCase);

    private static string OneName(string name) => string.Equals(name, "TLSv1", StringComparison.OrdinalIgnoreCase) ? "TLSv1.0" : name;
}
