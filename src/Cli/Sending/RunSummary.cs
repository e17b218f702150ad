using System.Text.Json.Serialization;

namespace EcStreamOrleans.Cli.Sending;

/// <summary>What a run of inject or load came to. sent = accepted + deferred + rejected + unanswered.</summary>
internal sealed record RunSummary
{
    /// <summary>Packages handed to a connection.</summary>
    public required long Sent { get; init; }

    public required long Accepted { get; init; }

    public required long Deferred { get; init; }

    public required long Rejected { get; init; }

    /// <summary>Sent, and the connection ended before the reply: whether the server took them is unknown.</summary>
    public required long Unanswered { get; init; }

    /// <summary>Asked for and never sent: the connections ended, or the run was interrupted, before their turn.</summary>
    public required long NotSent { get; init; }

    public required double Seconds { get; init; }

    /// <summary>Replies a second.</summary>
    public required double MessagesPerSecond { get; init; }

    /// <summary>Octets of accepted messages; load only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Bytes { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? P50Milliseconds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? P99Milliseconds { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? MaxMilliseconds { get; init; }

    public required IReadOnlyDictionary<string, long> Replies { get; init; }

    [JsonIgnore]
    public bool AllAccepted => Deferred + Rejected + Unanswered + NotSent == 0;

    public static RunSummary Of(ReplyTally tally, long unanswered, long notSent, TimeSpan elapsed) => new()
    {
        Sent = tally.Answered + unanswered,
        Accepted = tally.Accepted,
        Deferred = tally.Deferred,
        Rejected = tally.Rejected,
        Unanswered = unanswered,
        NotSent = notSent,
        Seconds = Math.Round(elapsed.TotalSeconds, 6),
        MessagesPerSecond = elapsed > TimeSpan.Zero ? Math.Round(tally.Answered / elapsed.TotalSeconds, 1) : 0,
        Replies = tally.Replies,
    };

    /// <summary>Prints the summary and says what it means for the exit.</summary>
    public int Print(CliHost host, bool json)
    {
        if (json)
        {
            host.Out.WriteLine(System.Text.Json.JsonSerializer.Serialize(this, RunSummaryJson.Default.RunSummary));
        }
        else
        {
            host.Out.WriteLine(
                $"sent {Sent}: accepted {Accepted}, deferred {Deferred}, rejected {Rejected}, unanswered {Unanswered}"
                + (NotSent > 0 ? $"; not sent {NotSent}" : string.Empty));
            host.Out.WriteLine($"{Seconds:0.000} s, {MessagesPerSecond:0.#} messages/s" + LoadFigures());
        }

        return AllAccepted ? ExitCode.Success : ExitCode.NotEverything;
    }

    private string LoadFigures() => Bytes is not { } bytes
        ? string.Empty
        : $", {(Seconds > 0 ? bytes / Seconds / 1_000_000 : 0):0.#} MB/s; reply latency p50 {P50Milliseconds:0.###} ms, "
            + $"p99 {P99Milliseconds:0.###} ms, max {MaxMilliseconds:0.###} ms";
}

/// <summary>The JSON of <see cref="RunSummary"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunSummary))]
internal sealed partial class RunSummaryJson : JsonSerializerContext;
