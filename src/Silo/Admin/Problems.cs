using EcStreamOrleans.AdminApi;
using Microsoft.AspNetCore.WebUtilities;

namespace EcStreamOrleans.Silo.Admin;

/// <summary>Makes problem details (RFC 9457): every error of the admin API is one.</summary>
internal static class Problems
{
    public const string ContentType = "application/problem+json";

    private const string Kind = "urn:ecstreamorleans:problem:";

    public static AdminProblem OfStatus(int status, string? detail = null) => new("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail);

    public static IResult NotFound(string detail) => OfStatus(StatusCodes.Status404NotFound, detail).ToResult();

    public static IResult Invalid(IReadOnlyList<ProblemFault> faults) => new AdminProblem(
        Kind + "invalid-request", "The request is not valid", StatusCodes.Status400BadRequest, faults.Count == 1 ? faults[0].Detail : $"{faults.Count} faults; errors names each.")
    {
        Errors = faults,
    }.ToResult();

    public static IResult Invalid(string fault) => Invalid([new ProblemFault(null, fault)]);

    public static IResult VersionNeeded(long present) => new AdminProblem(
        Kind + "version-needed",
        "A write names the version that it goes by",
        StatusCodes.Status428PreconditionRequired,
        $"Send If-Match with the ETag of what you have read; at present it is \"{present}\".").ToResult();

    public static IResult Stale(ScopeVersion yours, ScopeVersion present) => new AdminProblem(
        Kind + "stale-version",
        "The scope has another version than the one that the write goes by",
        StatusCodes.Status412PreconditionFailed,
        present.Actor is null
            ? $"You go by version {yours.Version}; the scope has version {present.Version}."
            : $"You go by version {yours.Version}; {present.Actor} has made version {present.Version} at {present.Instant:yyyy-MM-dd'T'HH:mm:ss'Z'}.")
    {
        Yours = yours,
        Present = present,
    }.ToResult();

    public static IResult Conflict(long baseVersion, PolicyLogEntry conflict) => new AdminProblem(
        Kind + "conflict",
        "Somebody has changed one of the scopes meanwhile",
        StatusCodes.Status409Conflict,
        $"The changes were made for version {baseVersion}; {conflict.Actor} has made version {conflict.Version} at {conflict.Instant:yyyy-MM-dd'T'HH:mm:ss'Z'}. Nothing was changed.")
    {
        Conflict = conflict,
    }.ToResult();

    public static IResult ToResult(this AdminProblem problem) => Results.Json(problem, AdminJson.Default.AdminProblem, ContentType, problem.Status);
}
