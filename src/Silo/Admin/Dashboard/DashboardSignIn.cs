using System.Text.Encodings.Web;
using EcStreamOrleans.Silo.Admin.Access;

namespace EcStreamOrleans.Silo.Admin.Dashboard;

/// <summary>The page where a browser is given a token for the dashboard, and takes it back.</summary>
internal static class DashboardSignIn
{
    public const string Path = DashboardHosting.Path + "/sign-in";

    private const string OutPath = DashboardHosting.Path + "/sign-out";

    public static void MapSignIn(this IEndpointRouteBuilder routes)
    {
        // Open to whoever reaches the listener: here he says who he is.
        var pages = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        pages.MapGet(Path, (HttpContext context) => Page(context, StatusCodes.Status200OK, null));
        pages.MapPost(Path, SignIn);
        pages.MapPost(OutPath, SignOut);
    }

    private static IResult SignIn(HttpContext context, DashboardCookie cookie)
    {
        if (context.User.Role() is not { } role)
        {
            return context.User.Actor() is { } nobody
                ? Page(context, StatusCodes.Status403Forbidden, $"The token is {nobody}'s, who has none of the roles {string.Join(", ", AdminRole.All)}.")
                : Page(context, StatusCodes.Status401Unauthorized, "This token is not known here, or has ended.");
        }

        var sealedToken = cookie.Seal(TokenHandler.TokenOf(context.Request)!);
        if (sealedToken.Length > DashboardCookie.MaxLength)
        {
            return Page(context, StatusCodes.Status400BadRequest, $"The token makes a cookie of {sealedToken.Length} octets, and browsers take {DashboardCookie.MaxLength}: ask for one with fewer claims, such as without groups.");
        }

        context.Response.Cookies.Append(DashboardCookie.Name, sealedToken, cookie.Options);
        context.NoteForAudit($"signed in to the dashboard as {role}");
        return SeeOther(context, DashboardHosting.Path + "/");
    }

    private static IResult SignOut(HttpContext context, DashboardCookie cookie)
    {
        context.Response.Cookies.Delete(DashboardCookie.Name, cookie.Options);
        context.NoteForAudit("signed out of the dashboard");
        return SeeOther(context, Path);
    }

    private static IResult SeeOther(HttpContext context, string path)
    {
        context.Response.Headers.Location = path;
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }

    private static IResult Page(HttpContext context, int status, string? fault)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        var who = fault is null && context.User.Role() is not null ? context.User.Actor() : null;
        return Results.Content(
            $$"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>Sign in: EcStreamOrleans</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 30em; margin: 4em auto; padding: 0 1em }
            input, button { font: inherit; padding: .4em .6em; margin: .2em 0 }
            input { width: 100%; box-sizing: border-box }
            [role=alert] { color: #b00020 }
            </style>
            </head>
            <body>
            <h1>EcStreamOrleans</h1>
            {{(fault is null ? "" : $"<p role=\"alert\">{Encode(fault)}</p>")}}
            {{(who is null ? "" : $"<p>Signed in as {Encode(who)}: <a href=\"{DashboardHosting.Path}/\">to the dashboard</a></p><form method=\"post\" action=\"{OutPath}\"><button>Sign out</button></form>")}}
            <form method="post" action="{{Path}}">
            <label for="token">Token, as for the admin API</label>
            <input id="token" name="token" type="password" autocomplete="off" required autofocus>
            <button>Sign in</button>
            </form>
            </body>
            </html>

            """,
            "text/html; charset=utf-8",
            statusCode: status);
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
