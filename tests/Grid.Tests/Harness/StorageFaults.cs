using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>
/// Faults on the way to the table service, below the library's retries: a request comes to a server that answers 503, or the answer to one that
/// was carried out is lost.
/// </summary>
internal sealed class StorageFaults : HttpPipelinePolicy, IDisposable
{
    private readonly HttpListener _throttling = new();
    private readonly string _throttlingUrl = $"http://127.0.0.1:{ServicePort.Next()}/";
    private readonly ConcurrentQueue<Fault> _next = new();

    public StorageFaults()
    {
        _throttling.Prefixes.Add(_throttlingUrl);
        _throttling.Start();
        _ = ThrottleAsync();
    }

    private enum Fault
    {
        Throttle,
        LoseAnswer,
    }

    /// <summary>Faults that have happened.</summary>
    public int Count { get; private set; }

    /// <summary>A library set up with these faults, and no long waits between its attempts.</summary>
    public TableClientOptions Options
    {
        get
        {
            var options = new TableClientOptions { Retry = { Mode = RetryMode.Fixed, Delay = TimeSpan.FromMilliseconds(1) } };
            options.AddPolicy(this, HttpPipelinePosition.PerRetry);
            return options;
        }
    }

    public void ThrottleNext() => _next.Enqueue(Fault.Throttle);

    public void LoseNextAnswer() => _next.Enqueue(Fault.LoseAnswer);

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException("The product does not block.");

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        // Reads are as they are: what is lost are writes.
        if (message.Request.Method == RequestMethod.Get || !_next.TryDequeue(out var fault))
        {
            await ProcessNextAsync(message, pipeline);
            return;
        }

        Count++;
        var address = message.Request.Uri.ToUri();
        if (fault == Fault.Throttle)
        {
            message.Request.Uri.Reset(new Uri(_throttlingUrl));
        }

        await ProcessNextAsync(message, pipeline);
        message.Request.Uri.Reset(address);
        if (fault == Fault.LoseAnswer)
        {
            throw new IOException("The connection broke before the answer came.");
        }
    }

    public void Dispose() => ((IDisposable)_throttling).Dispose();

    private async Task ThrottleAsync()
    {
        try
        {
            while (true)
            {
                var context = await _throttling.GetContextAsync();
                context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
                context.Response.Close();
            }
        }
        catch (Exception end) when (end is HttpListenerException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }
}
