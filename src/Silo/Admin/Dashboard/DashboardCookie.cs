using System.Globalization;
using System.Security.Cryptography;
using EcStreamOrleans.Silo.Configuration;
using Microsoft.AspNetCore.DataProtection;

namespace EcStreamOrleans.Silo.Admin.Dashboard;

/// <summary>
/// The cookie of a browser that has signed in: its token, sealed by a key of this process, and until when it counts. A browser sends it to the dashboard and nowhere else,
/// for no other site's page, and no script can read it. With the process all of them end.
/// </summary>
internal sealed class DashboardCookie(GridSettings settings, ILoggerFactory loggers, TimeProvider clock)
{
    public const string Name = "ecstream-dashboard";

    /// <summary>Browsers drop a cookie of more than 4,096 octets, name and attributes included, without a word.</summary>
    public const int MaxLength = 3_900;

    /// <summary>About what a token of Entra lives: a browser that was left alone is signed out within it.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly IDataProtector _protector = new EphemeralDataProtectionProvider(loggers).CreateProtector(Name);

    /// <summary>The attributes. Over plain http a browser would not send a secure one back; that is spoken on loopback alone, or to something that terminates TLS.</summary>
    public CookieOptions Options { get; } = new()
    {
        Path = DashboardHosting.Path,
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = new Uri(settings.Admin) is var admin && !(admin.IsLoopback && admin.Scheme == Uri.UriSchemeHttp),
        MaxAge = Life,
    };

    /// <summary>What the cookie holds for a token.</summary>
    public string Seal(string token) => _protector.Protect(string.Create(CultureInfo.InvariantCulture, $"{(clock.GetUtcNow() + Life).ToUnixTimeSeconds()} {token}"));

    /// <summary>The token in it; null if it is not ours, was changed, or has ended.</summary>
    public string? Open(string? cookie)
    {
        if (string.IsNullOrEmpty(cookie))
        {
            return null;
        }

        try
        {
            var parts = _protector.Unprotect(cookie).Split(' ', 2);
            return clock.GetUtcNow().ToUnixTimeSeconds() < long.Parse(parts[0], CultureInfo.InvariantCulture) ? parts[1] : null;
        }
        catch (CryptographicException)
        {
            // Also that of an earlier process.
            return null;
        }
    }
}
