using EcStreamOrleans.Silo.Admin.Access;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;

namespace EcStreamOrleans.Silo.Admin.Dashboard;

/// <summary>
/// A browser sends no bearer token by itself. For the dashboard's path, and no other, the token of its sign-in or of its cookie is put where other clients put theirs: whether it is good,
/// still in the key file, not at its end, and of which role is then judged as for any request. Who has none is led to the sign-in.
/// </summary>
internal sealed class DashboardTokens(RequestDelegate next, DashboardCookie cookie)
{
    private static readonly FormOptions Form = new() { BufferBodyLengthLimit = 65_536, ValueCountLimit = 4, ValueLengthLimit = 32_768, KeyLengthLimit = 64 };

    public async Task InvokeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        if (!request.Path.StartsWithSegments(DashboardHosting.Path, StringComparison.OrdinalIgnoreCase))
        {
            await next(context);
            return;
        }

        // Nobody's page has it in a frame.
        response.Headers.XFrameOptions = "DENY";
        if (request.Headers.Authorization.Count == 0)
        {
            var token = HttpMethods.IsPost(request.Method) && request.Path == DashboardSignIn.Path
                ? await TokenOfFormAsync(request)
                : cookie.Open(request.Cookies[DashboardCookie.Name]);
            if (!string.IsNullOrEmpty(token))
            {
                request.Headers.Authorization = TokenHandler.HeaderOf(token);
            }
        }

        await next(context);
        if (!response.HasStarted && response.StatusCode == StatusCodes.Status401Unauthorized && response.ContentType is null && HttpMethods.IsGet(request.Method) && IsPageWanted(request))
        {
            response.Headers.Remove(HeaderNames.WWWAuthenticate);
            response.Redirect(DashboardSignIn.Path);
        }
    }

    private static bool IsPageWanted(HttpRequest request) => request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    private static async Task<string?> TokenOfFormAsync(HttpRequest request)
    {
        if (!request.HasFormContentType)
        {
            return null;
        }

        try
        {
            return (await request.ReadFormAsync(Form, request.HttpContext.RequestAborted))["token"].ToString().Trim();
        }
        catch (InvalidDataException error)
        {
            throw new BadHttpRequestException(error.Message, error);
        }
    }
}
