using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace EcStreamOrleans.Silo.Admin.Access;

/// <summary>Finds who asks by his token in the key file.</summary>
internal sealed class TokenHandler(AdminKeys keys, IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Key";

    private const string Prefix = "Bearer ";

    public static string? TokenOf(HttpRequest request) =>
        request.Headers.Authorization is [{ } value] && value.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? value[Prefix.Length..].Trim() : null;

    /// <summary>The header that <see cref="TokenOf"/> reads.</summary>
    public static string HeaderOf(string token) => Prefix + token;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(
        TokenOf(Request) is not { } token ? AuthenticateResult.NoResult()
        : keys.Find(token) is not { } key ? AuthenticateResult.Fail("unknown token")
        : AuthenticateResult.Success(new AuthenticationTicket(AdminRole.Principal(key.Name, key.Role, SchemeName), SchemeName)));

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        return Task.CompletedTask;
    }
}
