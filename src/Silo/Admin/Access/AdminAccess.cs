using EcStreamOrleans.Silo.Configuration;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;

namespace EcStreamOrleans.Silo.Admin.Access;

/// <summary>Who may use the admin listener: keys of a file, tokens of Entra, or, without either, whoever is on this machine.</summary>
internal static class AdminAccess
{
    public const string EntraScheme = "Entra";

    private const string AnyScheme = "Any";

    private static readonly Dictionary<string, string> EntraRoles = new(StringComparer.Ordinal)
    {
        ["ECStream.Viewer"] = AdminRole.Viewer,
        ["ECStream.Operator"] = AdminRole.Operator,
        ["ECStream.Admin"] = AdminRole.Admin,
    };

    public static void AddAdminAccess(this IServiceCollection services, GridSettings settings)
    {
        // What AddAuthentication does, without the store of data protection keys that it would keep in somebody's home for nothing.
        services.AddAuthenticationCore(options => options.DefaultScheme = AnyScheme);
        services.AddWebEncoders();
        services.AddSingleton<IAuthenticationConfigurationProvider, NoSchemesInConfiguration>();
        var schemes = new AuthenticationBuilder(services);
        var (hasKeys, hasEntra) = (settings.AdminKeys is not null, settings.Entra.IsUsed);
        if (settings.AdminKeys is { } file)
        {
            services.AddSingleton(s => new AdminKeys(file, s.GetRequiredService<ILogger<AdminKeys>>()));
            schemes.AddScheme<AuthenticationSchemeOptions, TokenHandler>(TokenHandler.SchemeName, null);
        }

        if (hasEntra)
        {
            schemes.AddJwtBearer(EntraScheme, options => Trust(options, settings.Entra));
        }

        if (!hasKeys && !hasEntra)
        {
            schemes.AddScheme<AuthenticationSchemeOptions, LocalHandler>(LocalHandler.SchemeName, null);
        }

        schemes.AddPolicyScheme(AnyScheme, null, options => options.ForwardDefaultSelector = context =>
            !hasKeys && !hasEntra ? LocalHandler.SchemeName
            : !hasEntra ? TokenHandler.SchemeName
            : !hasKeys ? EntraScheme

            // Both: a token that is in the file is a key, any other has to be Entra's.
            : TokenHandler.TokenOf(context.Request) is { } token && context.RequestServices.GetRequiredService<AdminKeys>().Find(token) is not null ? TokenHandler.SchemeName
            : EntraScheme);
        services.AddAuthorization(AdminRole.AddPolicies);
    }

    private static void Trust(JwtBearerOptions options, EntraOptions entra)
    {
        options.Authority = $"https://login.microsoftonline.com/{entra.Tenant}/v2.0";
        options.Audience = entra.Audience;
        options.MapInboundClaims = false;
        options.TokenValidationParameters.ValidAlgorithms = ["RS256"];
        options.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                var claims = context.Principal!;
                var id = claims.FindFirst("oid")?.Value;
                var name = claims.FindFirst("preferred_username")?.Value;
                if ((id ?? name) is null)
                {
                    context.Fail("The token names nobody: it has neither oid nor preferred_username.");
                    return Task.CompletedTask;
                }

                // The highest of the roles; with none the token is good and may do nothing.
                var roles = claims.FindAll("roles").Select(c => EntraRoles.GetValueOrDefault(c.Value)).ToHashSet(StringComparer.Ordinal);
                var role = AdminRole.All.LastOrDefault(roles.Contains);
                context.Principal = AdminRole.Principal(OneLine.Of(name is null ? id! : id is null ? name : $"{name} ({id})"), role, EntraScheme);
                return Task.CompletedTask;
            },
        };
    }

    private sealed class NoSchemesInConfiguration : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration { get; } = new ConfigurationBuilder().Build();
    }
}
