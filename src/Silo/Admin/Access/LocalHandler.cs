using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace EcStreamOrleans.Silo.Admin.Access;

/// <summary>
/// Without keys the listener is on loopback, and whoever reaches it is its administrator, under the name that he gives himself. A browser
/// on this machine reaches it as well, in the name of any page: what comes from another site, or asks for another host, is nobody.
/// </summary>
internal sealed class LocalHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Local";
    public const string ActorHeader = "X-Actor";

    private const int MaxLabelLength = 100;

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Context.Connection.RemoteIpAddress is not { } remote || !IPAddress.IsLoopback(remote))
        {
            return Task.FromResult(AuthenticateResult.NoResult());
        }

        var isOfAnotherSite = Request.Headers.Origin is [{ } origin] && !(Uri.TryCreate(origin, UriKind.Absolute, out var site) && site.IsLoopback);
        if (isOfAnotherSite || !IsLocal(Request.Host.Host))
        {
            return Task.FromResult(AuthenticateResult.Fail("asked for by another site"));
        }

        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(AdminRole.Principal(Actor(), AdminRole.Admin, SchemeName), SchemeName)));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Problems
        .OfStatus(StatusCodes.Status403Forbidden, "Without Grid:AdminKeys only programs of this machine are answered: no page of another site, and no other host's name.")
        .ToResult()
        .ExecuteAsync(Context);

    // A label and no proof: the prefix says so.
    private string Actor()
    {
        var label = OneLine.Of(Request.Headers[ActorHeader].ToString());
        return label.Length == 0 ? "local" : $"local:{(label.Length > MaxLabelLength ? label[..MaxLabelLength] : label)}";
    }

    private static bool IsLocal(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
