using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Grains.Policy;
using EcStreamOrleans.Silo.Admin.Access;

namespace EcStreamOrleans.Silo.Admin;

/// <summary>
/// The outermost layer of the admin listener: the one place that catches, makes a problem of every error that has no body yet, and
/// writes the audit.
/// </summary>
internal sealed partial class AdminRequests(RequestDelegate next, ILogger<AdminRequests> logger, ILoggerFactory loggers)
{
    public const string AuditCategory = "EcStreamOrleans.Audit";

    private readonly ILogger _audit = loggers.CreateLogger(AuditCategory);

    public async Task InvokeAsync(HttpContext context)
    {
        AdminProblem? problem = null;
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException error)
        {
            problem = Problems.OfStatus(error.StatusCode, error.Message);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there for an answer; what was asked for may have been done.
            Audit(context, "the client has gone");
            return;
        }
        catch (PolicyStoreException error)
        {
            LogNotAnswered(logger, error, context.Request.Path);
            problem = Problems.OfStatus(StatusCodes.Status503ServiceUnavailable, error.Message);
        }
        catch (Exception error) when (error is TimeoutException or Orleans.Runtime.OrleansException)
        {
            LogNotAnswered(logger, error, context.Request.Path);
            problem = Problems.OfStatus(
                StatusCodes.Status503ServiceUnavailable, "The grid could not do this now. Whether a write was made is not known: the policy log tells.");
        }
        catch (Exception error)
        {
            LogFailed(logger, error, context.Request.Path);
            problem = Problems.OfStatus(StatusCodes.Status500InternalServerError, "The node has failed to answer this; its log says why.");
        }

        await WriteProblemAsync(context, problem);
        Audit(context, context.Response.StatusCode.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task WriteProblemAsync(HttpContext context, AdminProblem? problem)
    {
        var response = context.Response;
        if (response.HasStarted || (problem is null && (response.StatusCode < 400 || response.ContentType is not null)))
        {
            return;
        }

        problem ??= Problems.OfStatus(response.StatusCode, response.StatusCode switch
        {
            StatusCodes.Status401Unauthorized => "Send a token: Authorization: Bearer TOKEN.",
            StatusCodes.Status403Forbidden => $"The role {context.User.Role() ?? "of this token"} may not do this.",
            StatusCodes.Status404NotFound => "There is no such resource; /openapi/v1.json names what there is.",
            StatusCodes.Status405MethodNotAllowed => "The resource does not know this method; the header Allow names those it does.",
            StatusCodes.Status415UnsupportedMediaType => "The body must be JSON: Content-Type: application/json.",
            _ => null,
        });
        await problem.ToResult().ExecuteAsync(context);
    }

    // Refused writes, too: who tried what is worth as much as who did it.
    private void Audit(HttpContext context, string outcome)
    {
        var request = context.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return;
        }

        LogWrite(
            _audit,
            context.User.Actor() ?? "nobody",
            context.User.Role() ?? "no role",
            context.Connection.RemoteIpAddress,
            request.Method,
            OneLine.Of(request.Path.ToUriComponent() + request.QueryString.ToUriComponent()),
            context.AuditNote() ?? (context.Response.StatusCode < 400 ? "done" : "nothing done"),
            outcome);
    }

    [LoggerMessage(400, LogLevel.Information, "{Actor} ({Role}) from {Remote}: {Method} {Path}: {What}: {Outcome}")]
    private static partial void LogWrite(
        ILogger logger, string actor, string role, System.Net.IPAddress? remote, string method, string path, string what, string outcome);

    [LoggerMessage(401, LogLevel.Error, "Admin: {Path} failed")]
    private static partial void LogFailed(ILogger logger, Exception error, string path);

    [LoggerMessage(402, LogLevel.Warning, "Admin: {Path}: the grid could not do this now")]
    private static partial void LogNotAnswered(ILogger logger, Exception error, string path);
}

/// <summary>What a request did, for its audit line.</summary>
internal static class AuditNotes
{
    private static readonly object Key = new();

    public static string? AuditNote(this HttpContext context) => context.Items[Key] as string;

    public static void NoteForAudit(this HttpContext context, string what) => context.Items[Key] = OneLine.Of(what);
}

/// <summary>Others' words in a line of a log: no control characters, so that nobody writes a line of his own, and not without end.</summary>
internal static class OneLine
{
    private const int Most = 500;

    public static string Of(string text)
    {
        var cut = text.Length > Most ? text[..Most] + "…" : text;
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(c => char.IsControl(c) ? ' ' : c)) : cut;
    }
}
