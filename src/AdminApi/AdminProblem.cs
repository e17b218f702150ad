using System.Text.Json.Serialization;

namespace EcStreamOrleans.AdminApi;

/// <summary>Why a request was not carried out: problem details as in RFC 9457. Nothing of the request has taken effect unless it says otherwise.</summary>
/// <param name="Type">What kind of problem, or <c>about:blank</c> where the status says it all.</param>
/// <param name="Title">The kind in words, the same every time.</param>
/// <param name="Status">The HTTP status.</param>
/// <param name="Detail">This problem in words for a person.</param>
public sealed record AdminProblem(string Type, string Title, int Status, string? Detail)
{
    /// <summary>Everything that is wrong with the request.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ProblemFault>? Errors { get; init; }

    /// <summary>Of a write that came too late: what it would have set, and the version it went by.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ScopeVersion? Yours { get; init; }

    /// <summary>Of a write that came too late: what is set, by whom and since when.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ScopeVersion? Present { get; init; }

    /// <summary>Of changes that came too late: the entry of the log that came between.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PolicyLogEntry? Conflict { get; init; }
}

/// <summary>One fault of a request.</summary>
/// <param name="Member">The offending member of the body as a JSON pointer (<c>/changes/0/block</c>), empty for the body as a whole; null if it is not in the body.</param>
/// <param name="Detail">What is wrong, naming the value and what is allowed.</param>
public sealed record ProblemFault(
    [property: JsonPropertyName("pointer"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Member, string Detail);

/// <summary>What is, or would be, set at a scope at one version of it.</summary>
/// <param name="Version">The version; 0 if the scope was never changed.</param>
/// <param name="Set">What is set.</param>
/// <param name="Actor">Who set it; null if nobody has (yet).</param>
/// <param name="Instant">When, UTC.</param>
/// <param name="Reason">Why, in the actor's words.</param>
public sealed record ScopeVersion(
    long Version,
    PolicyValues Set,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Actor,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? Instant,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Reason);
