using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using EcStreamOrleans.AdminApi;
using EcStreamOrleans.Cli.Admin;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Cli.Consoles;

/// <summary>What a node was asked for, or in words why it cannot be had.</summary>
internal sealed record Asked<T>(T? Value, AdminAnswer Answer, string Error)
    where T : class;

/// <summary>The policy of the grid, by the admin API of a node.</summary>
internal sealed class PolicyClient(AdminClient admin)
{
    // Behind it the answer names the nodes that are missing, and the operator need not wait.
    private const int SpreadSeconds = 5;

    private const int PageSize = 1_000;
    private const int LogPageSize = 500;

    // Pages of two versions are no state that ever was. Somebody who changes policy without a pause is not to hold up a question for ever.
    private const int MostReadings = 5;

    public async Task<Asked<T>> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => Read(await admin.GetAsync(path, cancellationToken), type);

    public async Task<Asked<T>> SendAsync<T>(HttpMethod method, string path, string? json, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class => Read(await admin.SendAsync(method, path, json, null, cancellationToken), type);

    /// <summary>Everything that is set, at one version.</summary>
    public async Task<Asked<OverrideSet>> OverridesAsync(CancellationToken cancellationToken)
    {
        for (var reading = 1; ; reading++)
        {
            var set = OverrideSet.Empty;
            long? version = null;
            string? next = null;
            do
            {
                var after = next is null ? "" : $"&after={Uri.EscapeDataString(next)}";
                var page = await GetAsync($"api/v1/policy/overrides?limit={PageSize}{after}", AdminJson.Default.OverrideListing, cancellationToken);
                if (page.Value is not { } listing)
                {
                    return new(null, page.Answer, page.Error);
                }

                if (version is not null && version != listing.Version)
                {
                    version = null;
                    break;
                }

                version = listing.Version;
                next = listing.Next;
                var entries = new List<KeyValuePair<PeerScope, PeerOverride>>();
                foreach (var entry in listing.Overrides)
                {
                    if (!PeerScope.TryParse(entry.Listen, entry.Block, out var scope, out var error))
                    {
                        return new(null, page.Answer, $"this is no answer of the admin API: {error}");
                    }

                    entries.Add(new(scope, entry.Set.ToOverride()));
                }

                set = set.With(listing.Version, entries);
            }
            while (next is not null);

            if (version is not null)
            {
                return new(set, new AdminAnswer(null, false, ""), "");
            }

            if (reading == MostReadings)
            {
                return new(null, new AdminAnswer(null, false, ""), "the policy changes faster than it can be read; try again");
            }
        }
    }

    /// <summary>What is set at one scope, and the version that a change of it goes by.</summary>
    public Task<Asked<OverrideReport>> ScopeAsync(PeerScope scope, CancellationToken cancellationToken) =>
        GetAsync(PathOf(scope, "overrides") + Query(scope), AdminJson.Default.OverrideReport, cancellationToken);

    /// <summary>Sets or, with null, unsets one option of a scope.</summary>
    public async Task<Asked<PolicyWriteReport>> SetAsync(
        PeerScope scope, long version, string option, int? value, DateTimeOffset? until, string? reason, CancellationToken cancellationToken)
    {
        var member = option == PolicyText.IdleTime ? "idleTime" : "maxBatchSize";

        // Null says that a value of before does not end what is set now.
        var body = new JsonObject { [member] = value, [member + "Until"] = until is { } end ? Instants.Print(end) : null, ["reason"] = reason ?? "" };
        var path = $"{PathOf(scope, "overrides")}?wait={SpreadSeconds}{Query(scope, '&')}";
        return Read(await admin.SendAsync(HttpMethod.Patch, path, body.ToJsonString(), version, cancellationToken), AdminJson.Default.PolicyWriteReport);
    }

    /// <summary>Unsets both options of a scope.</summary>
    public async Task<Asked<PolicyWriteReport>> ClearAsync(PeerScope scope, long version, string? reason, CancellationToken cancellationToken)
    {
        var path = $"{PathOf(scope, "overrides")}?wait={SpreadSeconds}{Query(scope, '&')}{Reason(reason)}";
        return Read(await admin.SendAsync(HttpMethod.Delete, path, null, version, cancellationToken), AdminJson.Default.PolicyWriteReport);
    }

    /// <summary>Makes changes together, or none of them.</summary>
    public Task<Asked<PolicyWriteReport>> CommitAsync(long baseVersion, IReadOnlyList<ChangeRequest> changes, string? reason, CancellationToken cancellationToken)
    {
        var body = new ChangesRequest { BaseVersion = baseVersion, Changes = changes, Reason = reason };
        return SendAsync(
            HttpMethod.Post, $"api/v1/policy/changes?wait={SpreadSeconds}", JsonSerializer.Serialize(body, AdminJson.Default.ChangesRequest), AdminJson.Default.PolicyWriteReport, cancellationToken);
    }

    /// <summary>What changes would have done.</summary>
    public Task<Asked<TrialReport>> TryAsync(IReadOnlyList<ChangeRequest> changes, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, "api/v1/policy/trial", JsonSerializer.Serialize(new TrialRequest(changes), AdminJson.Default.TrialRequest), AdminJson.Default.TrialReport, cancellationToken);

    public Task<Asked<PolicyWriteReport>> SuspendAsync(PeerScope scope, string reason, DateTimeOffset? until, CancellationToken cancellationToken)
    {
        var body = new SuspensionRequest { Listen = scope.Listen.Length == 0 ? null : scope.Listen, Block = scope.Block.ToString(), Reason = reason, Until = until };
        return SendAsync(
            HttpMethod.Post, $"api/v1/policy/suspensions?wait={SpreadSeconds}", JsonSerializer.Serialize(body, AdminJson.Default.SuspensionRequest), AdminJson.Default.PolicyWriteReport, cancellationToken);
    }

    public Task<Asked<PolicyWriteReport>> ResumeAsync(PeerScope scope, string? reason, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Delete, $"{PathOf(scope, "suspensions")}?wait={SpreadSeconds}{Query(scope, '&')}{Reason(reason)}", null, AdminJson.Default.PolicyWriteReport, cancellationToken);

    /// <summary>Entries of the log behind a version, up to and with another one.</summary>
    public async Task<Asked<List<PolicyLogEntry>>> LogAsync(long after, long last, CancellationToken cancellationToken)
    {
        var entries = new List<PolicyLogEntry>();
        for (long? next = after; next < last;)
        {
            var limit = Math.Min(LogPageSize, last - next.Value);
            var page = await GetAsync($"api/v1/policy/log?after={next}&limit={limit}", AdminJson.Default.PolicyLogPage, cancellationToken);
            if (page.Value is not { } log)
            {
                return new(null, page.Answer, page.Error);
            }

            entries.AddRange(log.Entries);
            next = log.Next;
        }

        return new(entries, new AdminAnswer(null, false, ""), "");
    }

    private static Asked<T> Read<T>(AdminAnswer answer, JsonTypeInfo<T> type)
        where T : class => answer.TryRead(type, out var value, out var error) ? new(value, answer, "") : new(null, answer, error);

    private static string PathOf(PeerScope scope, string resource) => $"api/v1/policy/{resource}/{Uri.EscapeDataString(scope.Block.ToString())}";

    private static string Query(PeerScope scope, char first = '?') => scope.Listen.Length == 0 ? "" : $"{first}listen={Uri.EscapeDataString(scope.Listen)}";

    private static string Reason(string? reason) => reason is null ? "" : $"&reason={Uri.EscapeDataString(reason)}";
}
