using System.Diagnostics;
using EcStreamOrleans.Grains;

namespace EcStreamOrleans.Edge;

/// <summary>
/// Hands batches to the peer's grain; or, where that is on another silo than the edge, asks it for leave and hands them to the edge's own silo's spool. A call that ends
/// without an answer leaves the outcome unknown, so the same batch is sent again under the same id: the spool answers what it answered, or would have.
/// </summary>
internal sealed partial class BatchForwarder(EdgeOptions options, IEnumerable<HostSpool> hostSpools, EdgeInstruments instruments, BatchTracing tracing, TimeProvider clock, ILogger<BatchForwarder> logger)
{
    /// <summary>
    /// How far apart calls for the same batch are at least. A silo that was killed is refused at once for a second or two, until its grains may be
    /// elsewhere: three calls in a moment would all go to it.
    /// </summary>
    private static readonly TimeSpan CallPeriod = TimeSpan.FromSeconds(1);

    private readonly HostSpool? _hostSpool = hostSpools.FirstOrDefault();

    /// <summary>The verdict on a batch, and whether the batch's memory may be used again.</summary>
    /// <param name="grain">The peer's grain.</param>
    /// <param name="traffic">The peer's.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="reopen">For a session that its certificate admits: tells the grain of it again. Null for others.</param>
    public async Task<(BatchVerdict Verdict, bool IsDecided)> ForwardAsync(IPeerGrain grain, PeerTraffic traffic, MailBatch batch, Func<Task>? reopen)
    {
        using var span = tracing.Start("ecstream.batch", batch.Id, ActivityKind.Server);
        span?.SetTag("ecstream.listen", batch.Listen).SetTag("ecstream.messages", batch.Count).SetTag("ecstream.bytes", batch.Length);
        var started = clock.GetTimestamp();
        var spool = traffic.IsGrainElsewhere ? _hostSpool : null;
        BatchVerdict? leave = null;
        for (var attempt = 0; ; attempt++)
        {
            var called = clock.GetTimestamp();
            try
            {
                if (leave is not { } verdict)
                {
                    verdict = await AskAsync(grain, traffic, batch, spool);
                    if (reopen is not null && verdict is { Status: BatchStatus.Deferred, IsSessionKnown: false, Limit: AdmissionOptions.Limit })
                    {
                        // A grain that has lost its book knows nothing of the certificate.
                        await reopen();
                        verdict = await AskAsync(grain, traffic, batch, spool);
                    }

                    traffic.IsGrainElsewhere = verdict.IsElsewhere;
                }

                if (spool is not null && verdict.Status == BatchStatus.Accepted)
                {
                    // Leave is given once: where the append is in doubt, only that is asked for again.
                    leave = verdict;
                    verdict = verdict.With(await spool.AppendAsync(traffic.Peer, batch));
                    if (verdict.Status == BatchStatus.Accepted)
                    {
                        traffic.TakenByClaim(batch);
                    }
                }

                Note(span, verdict);
                instruments.BatchDecided(batch, verdict, clock.GetElapsedTime(started));
                return (verdict, IsDecided: true);
            }
            catch (Exception error)
            {
                // Time-outs, lost silos, overload: Orleans has many names for «no answer». None of them may end the session.
                if (attempt == options.BatchRetries)
                {
                    span?.SetStatus(ActivityStatusCode.Error, "undecided");
                    LogUndecided(error, batch.Id.ToString(), batch.Count, attempt + 1);
                    instruments.BatchUndecided(batch, clock.GetElapsedTime(started));
                    return (BatchVerdict.Defer("4.3.2 the grid did not answer in time; nothing is known to be lost, send again"), IsDecided: false);
                }

                LogAskedAgain(error, batch.Id.ToString(), attempt + 1);
                if (leave is null)
                {
                    // A claim without an answer has left nothing anywhere. A silo of a version that knows none takes the whole batch, as any does. Never the other way:
                    // what was handed over whole may be in the other spool.
                    spool = null;
                }
            }

            if (CallPeriod - clock.GetElapsedTime(called) is var pause && pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, clock);
            }
        }
    }

    private static ValueTask<BatchVerdict> AskAsync(IPeerGrain grain, PeerTraffic traffic, MailBatch batch, HostSpool? spool) =>
        spool is null ? grain.AcceptAsync(batch, CancellationToken.None) : grain.AdmitAsync(traffic.Claim(batch, spool.Silo), CancellationToken.None);

    private static void Note(Activity? span, in BatchVerdict verdict)
    {
        if (span is null)
        {
            return;
        }

        if (verdict.Status == BatchStatus.Accepted)
        {
            span.SetTag("ecstream.record", $"{verdict.SpoolId}-{verdict.RecordNumber}");
        }
        else
        {
            span.SetStatus(ActivityStatusCode.Error, verdict.Text);
        }
    }

    [LoggerMessage(200, LogLevel.Warning, "Batch {Batch} of {Count} messages is undecided after {Attempts} calls: its messages are answered Z")]
    private partial void LogUndecided(Exception error, string batch, int count, int attempts);

    [LoggerMessage(201, LogLevel.Debug, "Batch {Batch}: call {Attempt} had no answer; asking again under the same id")]
    private partial void LogAskedAgain(Exception error, string batch, int attempt);
}
