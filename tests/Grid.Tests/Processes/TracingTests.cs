using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EcStreamOrleans.Grid.Tests.Processes;

/// <summary>A batch is traced from the edge to the relay, over processes that tell each other nothing of it.</summary>
public sealed partial class TracingTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ABatch_IsOneTrace_FromTheEdgeToTheDelivery_AlsoBehindARestart()
    {
        await using var collector = await Collector.StartAsync();
        string[] tracing = [$"--Grid:Tracing:Endpoint={collector.Url}", "--Grid:Tracing:SampleRatio=1"];
        var held = new SiloPlace(_directory) { GatewayPort = ServicePort.Next() };
        using (var silo = await SiloProcess.StartAsync(held, tracing))
        using (var edge = EdgeProcess.Start(_directory, "edge", more: [$"--Grid:GatewayPort={held.GatewayPort}", .. tracing]))
        {
            await edge.BecomesReadyAsync();
            using var client = await RawClient.ConnectAsync(edge.EndPoint);
            await client.SendAsync(RawClient.Package("traced"));
            Assert.StartsWith("K", await client.ReadReplyAsync());

            // What is not sent yet is sent at an orderly stop.
            Assert.Equal(0, await edge.TerminateAsync());
            Assert.Equal(0, await silo.TerminateAsync());
        }

        var delivering = new SiloPlace(_directory, SiloPlace.Maildir(_directory.Sub("maildir")), "delivering") { Data = held.Data };
        using (var silo = await SiloProcess.StartAsync(delivering, tracing))
        {
            await silo.ReachesAsync(status => status.Relay.Delivered == 1, "the message is delivered");
            Assert.Equal(0, await silo.TerminateAsync());
        }

        var trace = Assert.Single(collector.Spans.GroupBy(span => span.Trace));
        Assert.Equal(["ecstream.accept", "ecstream.batch", "ecstream.relay", "ecstream.spool.append"], trace.Select(span => span.Name).Order());
        Assert.Equal(["ecstream-edge", "ecstream-silo"], collector.Programs.Distinct().Order());
    }

    [Fact]
    public void EveryNode_TakesTheSameBatches_AndAsManyAsItIsTold()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == BatchTracing.SourceName,
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
        };
        ActivitySource.AddActivityListener(listener);
        var random = new Random(4711);
        Span<byte> octets = stackalloc byte[16];
        var batches = new List<BatchId>();
        for (var i = 0; i < 10_000; i++)
        {
            random.NextBytes(octets);
            batches.Add(new BatchId(new Guid(octets), 1 + (i % 50)));
        }

        var here = batches.Select(Trace(new() { Endpoint = "http://x", SampleRatio = 0.1 })).ToList();
        Assert.Equal(here, batches.Select(Trace(new() { Endpoint = "http://x", SampleRatio = 0.1 })));
        Assert.InRange(here.Count(trace => trace is not null), 900, 1_100);
        Assert.Equal(here.Count(trace => trace is not null), here.Where(trace => trace is not null).Distinct().Count());
        Assert.All(batches.Select(Trace(new() { Endpoint = "http://x", SampleRatio = 1 })), Assert.NotNull);
        Assert.All(batches.Select(Trace(new() { Endpoint = "http://x", SampleRatio = 0 })), Assert.Null);
        Assert.All(batches.Select(Trace(new() { SampleRatio = 1 })), Assert.Null);

        static Func<BatchId, string?> Trace(TracingOptions options)
        {
            var tracing = new BatchTracing(options);
            return batch =>
            {
                using var span = tracing.Start("test", batch);
                return span?.TraceId.ToString();
            };
        }
    }

    [Fact]
    public void WhatIsWrong_IsSaid() => Assert.Equal(
        ["Grid:Tracing:Endpoint = collector:4318: must be a URL of the form http://COLLECTOR:4318/v1/traces.", "Grid:Tracing:SampleRatio = 1.5: must be from 0 to 1."],
        new TracingOptions { Endpoint = "collector:4318", SampleRatio = 1.5 }.Validate());

    /// <summary>A collector as a node sees it. Of what it is sent it reads a little.</summary>
    private sealed partial class Collector : IAsyncDisposable
    {
        private readonly WebApplication _app;
        private readonly ConcurrentQueue<string> _bodies = new();

        private Collector(string url)
        {
            var builder = WebApplication.CreateBuilder();
            builder.Logging.ClearProviders();
            _app = builder.Build();
            _app.Urls.Add(url);
            _app.MapPost("/v1/traces", async (HttpRequest request) =>
            {
                using var body = new MemoryStream();
                await request.Body.CopyToAsync(body);
                _bodies.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
            });
            Url = url + "/v1/traces";
        }

        public string Url { get; }

        public IEnumerable<(string Trace, string Name)> Spans =>
            from body in _bodies
            from match in Span().Matches(body)
            select (Convert.ToHexString(Encoding.Latin1.GetBytes(match.Groups["trace"].Value)), match.Groups["name"].Value);

        public IEnumerable<string> Programs => _bodies.SelectMany(body => Program().Matches(body)).Select(match => match.Value);

        public static async Task<Collector> StartAsync()
        {
            var collector = new Collector($"http://127.0.0.1:{ServicePort.Next()}");
            await collector._app.StartAsync();
            return collector;
        }

        public ValueTask DisposeAsync() => _app.DisposeAsync();

        // The protobuf of a span: trace id, span id, perhaps a parent's and flags, name.
        [GeneratedRegex("\n\u0010(?<trace>.{16})\u0012\u0008.{8}(\"\u0008.{8})?(\\x85\u0001.{4})?\\*.(?<name>ecstream\\.[a-z.]+)", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
        private static partial Regex Span();

        [GeneratedRegex("ecstream-(edge|silo)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
        private static partial Regex Program();
    }
}
