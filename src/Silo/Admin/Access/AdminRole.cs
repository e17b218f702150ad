using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;

namespace EcStreamOrleans.Silo.Admin.Access;

/// <summary>Who may do what by the admin API: each role may do what the one before it may, and more.</summary>
internal static class AdminRole
{
    /// <summary>Reads everything.</summary>
    public const string Viewer = "viewer";

    /// <summary>Changes policy and closes sessions.</summary>
    public const string Operator = "operator";

    /// <summary>Everything: reloads the configuration.</summary>
    public const string Admin = "admin";

    private const string ActorClaim = "actor";
    private const string RoleClaim = "role";

    /// <summary>From the lowest to the highest.</summary>
    public static readonly string[] All = [Viewer, Operator, Admin];

    /// <summary>The principal of a request that has shown who it is.</summary>
    public static ClaimsPrincipal Principal(string actor, string? role, string scheme) => new(new ClaimsIdentity(
        role is null ? [new Claim(ActorClaim, actor)] : [new Claim(ActorClaim, actor), new Claim(RoleClaim, role)], scheme, ActorClaim, RoleClaim));

    public static string? Actor(this ClaimsPrincipal user) => user.FindFirst(ActorClaim)?.Value;

    public static string? Role(this ClaimsPrincipal user) => user.FindFirst(RoleClaim)?.Value;

    /// <summary>Policies of the roles' names. A route that names none takes the highest role: forgetting it opens nothing.</summary>
    public static void AddPolicies(AuthorizationOptions options)
    {
        foreach (var role in All)
        {
            options.AddPolicy(role, policy => policy.RequireAssertion(context => Has(context.User, role)));
        }

        // Where there is no route (404, 405), every role is told so.
        options.FallbackPolicy = new AuthorizationPolicyBuilder()
            .RequireAssertion(context => Has(context.User, context.Resource is HttpContext http && http.GetEndpoint() is not RouteEndpoint ? Viewer : Admin))
            .Build();
    }

    private static bool Has(ClaimsPrincipal user, string least) => Array.IndexOf(All, user.Role()) >= Array.IndexOf(All, least);
}
