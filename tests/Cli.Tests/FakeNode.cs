using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EcStreamOrleans.AdminApi;

namespace EcStreamOrleans.Cli.Tests;

/// <summary>An admin API that answers by the beginning of method and path, and keeps what it was asked.</summary>
internal sealed class FakeNode : HttpMessageHandler
{
    public static readonly DateTimeOffset Now = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);

    private readonly List<(string Begin, Func<HttpResponseMessage> Answer)> _answers = [];

    public FakeNode(string conf = "ECStream_Listener { Listen \":1825\" { } Peer \"10.0.0.0/16\" { ECStream_Idle_Time = 600 } }")
    {
        On("GET api/v1/config", new ConfigReport(conf, 3, "/etc/e.conf"), AdminJson.Default.ConfigReport);
        Set(0);
    }

    /// <summary>The requests: method, path, the version that it goes by and the body.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>Who asked last.</summary>
    public string? Actor { get; private set; }

    public FakeNode On<T>(string begin, T answer, JsonTypeInfo<T> type, HttpStatusCode status = HttpStatusCode.OK)
    {
        var json = JsonSerializer.Serialize(answer, type);

        // The latest word counts.
        _answers.Insert(0, (begin, () => new HttpResponseMessage(status) { Content = new StringContent(json) }));
        return this;
    }

    /// <summary>Answers each time anew.</summary>
    public void OnEach<T>(string begin, Func<T> answer, JsonTypeInfo<T> type) =>
        _answers.Insert(0, (begin, () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(answer(), type)) }));

    public FakeNode On(string begin, HttpStatusCode status)
    {
        _answers.Insert(0, (begin, () => new HttpResponseMessage(status) { Content = new StringContent("") }));
        return this;
    }

    public FakeNode Refuse(string begin, HttpStatusCode status, AdminProblem problem) => On(begin, problem, AdminJson.Default.AdminProblem, status);

    public FakeNode Set(long version, params (string Listen, string Block, PolicyValues Values)[] scopes) => On(
        "GET api/v1/policy/overrides?",
        new OverrideListing(version, [.. scopes.Select(s => new OverrideReport("", s.Listen, s.Block, s.Values, version))], null),
        AdminJson.Default.OverrideListing);

    /// <summary>The version that a scope has, and the answer to a change of it.</summary>
    public FakeNode Scope(string block, long version)
    {
        var path = $"api/v1/policy/overrides/{Uri.EscapeDataString(block)}";
        On($"GET {path}", new OverrideReport("", "", block, new PolicyValues(), version), AdminJson.Default.OverrideReport);
        Made($"PATCH {path}", version + 1);
        return Made($"DELETE {path}", version + 1);
    }

    public FakeNode Made(string begin, long version, params PolicyLogChange[] changes) => On(
        begin,
        new PolicyWriteReport(
            new PolicyLogEntry(version, Now, "ann", "api", "", changes), new SpreadReport(version, 1, 1, 0.013, [], $"1 of 1 nodes at version {version}, slowest 13 ms")),
        AdminJson.Default.PolicyWriteReport);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = request.Content is null ? "" : $" {await request.Content.ReadAsStringAsync(cancellationToken)}";
        var asked = $"{request.Method} {request.RequestUri!.PathAndQuery.TrimStart('/')}";
        Asked.Add($"{asked}{(request.Headers.IfMatch.Count > 0 ? $" if {request.Headers.IfMatch.Single()}" : "")}{Compact(body)}");
        Actor = request.Headers.TryGetValues("X-Actor", out var actors) ? actors.Single() : null;
        return _answers.Find(a => asked.StartsWith(a.Begin, StringComparison.Ordinal)).Answer?.Invoke() ?? new HttpResponseMessage(HttpStatusCode.NotFound);
    }

    private static string Compact(string body) => body.Length == 0 ? "" : $" {JsonSerializer.Serialize(JsonDocument.Parse(body).RootElement)}";
}
