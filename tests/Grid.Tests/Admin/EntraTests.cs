using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Silo.Admin.Access;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace EcStreamOrleans.Grid.Tests.Admin;

/// <summary>Tokens of Entra, signed by a key of the test's: no network.</summary>
public sealed class EntraTests : IAsyncLifetime
{
    private const string Issuer = "https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0";
    private const string Audience = "api://ecstream";

    private readonly TempDirectory _directory = new();
    private readonly RSA _rsa = RSA.Create(2048);
    private TestSilo _silo = null!;

    public async Task InitializeAsync()
    {
        var keys = KeyFile.Write(_directory, KeyFile.Line("ann", "viewer", "a.b.c"));
        _silo = await TestSilo.StartAsync(
            _directory,
            settings: s => (s.Entra.Tenant, s.Entra.Audience, s.AdminKeys) = ("11111111-2222-3333-4444-555555555555", Audience, keys),
            services: services => services.Configure<JwtBearerOptions>(AdminAccess.EntraScheme, options =>
            {
                options.Configuration = new OpenIdConnectConfiguration { Issuer = Issuer };
                options.Configuration.SigningKeys.Add(new RsaSecurityKey(_rsa) { KeyId = "test" });
            }));
    }

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _rsa.Dispose();
        _directory.Dispose();
    }

    [Theory]
    [InlineData("ECStream.Viewer", HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    [InlineData("ECStream.Operator", HttpStatusCode.OK, HttpStatusCode.OK)]
    [InlineData("ECStream.Viewer ECStream.Admin", HttpStatusCode.OK, HttpStatusCode.OK)]
    [InlineData("Somebody.Else", HttpStatusCode.Forbidden, HttpStatusCode.Forbidden)]
    public async Task ARole_IsThatOfTheToken(string roles, HttpStatusCode reads, HttpStatusCode writes)
    {
        var token = Token(roles: roles.Split(' '));

        Assert.Equal(reads, (await _silo.Admin.CallAsync("GET", "status", token: token)).Status);
        var written = await _silo.Admin.CallAsync("PUT", "policy/overrides/10.0.0.1", """{"idleTime":60}""", 0, token: token);
        Assert.Equal(writes, written.Status);
        if (writes == HttpStatusCode.OK)
        {
            Assert.Equal("ann@example.test (an-oid)", written["entry"].GetProperty("actor").GetString());
        }
    }

    [Fact]
    public async Task ATokenThatIsNotForUs_IsNobodys()
    {
        using var other = RSA.Create(2048);
        Assert.Equal(HttpStatusCode.OK, await GetAsync(Token()));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(Token(audience: "api://other")));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(Token(issuer: Issuer.Replace('1', '2'))));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(Token(key: other)));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(Token(expires: TimeSpan.FromHours(-1))));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(Token(names: false)));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync(Token(algorithm: SecurityAlgorithms.RsaSha512)));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("nonsense"));

        // A key of the file stays a key, whatever it looks like.
        Assert.Equal(HttpStatusCode.OK, await GetAsync("a.b.c"));

        async Task<HttpStatusCode> GetAsync(string token) => (await _silo.Admin.CallAsync("GET", "status", token: token)).Status;
    }

    private string Token(
        string audience = Audience, string issuer = Issuer, RSA? key = null, TimeSpan? expires = null, bool names = true, string[]? roles = null, string algorithm = SecurityAlgorithms.RsaSha256)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var end = now + (expires ?? TimeSpan.FromMinutes(10));
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer,
            Audience = audience,
            NotBefore = end.AddHours(-1),
            IssuedAt = end.AddHours(-1),
            Expires = end,
            Subject = new ClaimsIdentity(
            [
                .. names ? [new Claim("oid", "an-oid"), new Claim("preferred_username", "ann@example.test")] : Array.Empty<Claim>(),
                .. (roles ?? ["ECStream.Viewer"]).Select(role => new Claim("roles", role)),
            ]),
            SigningCredentials = new SigningCredentials(new RsaSecurityKey(key ?? _rsa) { KeyId = "test" }, algorithm),
        });
    }
}
