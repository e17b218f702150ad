using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Edge;

/// <summary>A closed batch that a connection is owed replies for.</summary>
/// <param name="Batch">The batch, or null if the edge refused every package of it.</param>
/// <param name="Refusals">The edge's own replies.</param>
/// <param name="Verdict">The grain's answer; never fails.</param>
/// <param name="Bytes">What the batch takes of the budgets.</param>
internal readonly record struct PendingBatch(
    MailBatch? Batch,
    IReadOnlyList<Refusal> Refusals,
    Task<(BatchVerdict Verdict, bool IsDecided)> Verdict,
    long Bytes);

/// <summary>
/// Writes the replies of one connection in the order of its packages, whatever order the verdicts come in. It runs while
/// something is owed and is nothing but a queue otherwise: idle connections cost no task.
/// </summary>
internal sealed class ReplyPump(PipeWriter output, IStreamCodec codec, EdgeSession session)
{
    private const int FlushBytes = 32 * 1024;

    private readonly Lock _lock = new();
    private readonly Queue<PendingBatch> _pending = new(1);
    private Task _run = Task.CompletedTask;
    private bool _isRunning;
    private bool _isReaderGone;

    public void Enqueue(in PendingBatch pending)
    {
        lock (_lock)
        {
            _pending.Enqueue(pending);
            if (_isRunning)
            {
                return;
            }

            _isRunning = true;
        }

        _run = RunAsync();
    }

    /// <summary>Completes when everything owed has been written, or cannot be.</summary>
    public Task DrainAsync() => _run;

    private async Task RunAsync()
    {
        long unflushed = 0;
        var owed = 0;
        while (TryDequeue(out var pending))
        {
            var (verdict, isDecided) = await pending.Verdict;
            try
            {
                await session.OnVerdictAsync(pending, verdict);
                unflushed += WriteReplies(pending, verdict);
            }
            catch (Exception error)
            {
                session.OnPumpFailed(error);
                _isReaderGone = true;
            }

            if (isDecided)
            {
                pending.Batch?.Release();
            }

            session.OnBatchLeft(pending.Bytes);
            owed++;

            // A write to a socket costs as much as all else on a small batch's way. So while a next verdict is near, those at work get to their end first, and one write
            // serves both: the session to the next batch of what it has read, the grain to its verdict. Two turns of the others are all that a reply ever waits.
            var isNextDecided = IsNextDecided(out var isNear);
            for (var turn = 0; turn < 2 && isNear && !isNextDecided && unflushed < FlushBytes; turn++)
            {
                await Task.Yield();
                isNextDecided = IsNextDecided(out isNear);
            }

            if (unflushed >= FlushBytes || !isNextDecided)
            {
                await FlushAsync();
                session.OnRepliesWritten(owed);
                unflushed = 0;
                owed = 0;
            }
        }
    }

    private bool TryDequeue(out PendingBatch pending)
    {
        lock (_lock)
        {
            _isRunning = _pending.TryDequeue(out pending);
            return _isRunning;
        }
    }

    private bool IsNextDecided(out bool isNear)
    {
        lock (_lock)
        {
            var isThere = _pending.TryPeek(out var next);
            isNear = isThere || session.TakesMore;
            return isThere && next.Verdict.IsCompleted;
        }
    }

    private async Task FlushAsync()
    {
        if (_isReaderGone)
        {
            return;
        }

        session.OnFlushStarted();
        try
        {
            var result = await output.FlushAsync();
            _isReaderGone = result.IsCompleted;
        }
        catch (Exception error)
        {
            session.OnPumpFailed(error);
            _isReaderGone = true;
        }
        finally
        {
            session.OnFlushEnded();
        }
    }

    private long WriteReplies(in PendingBatch pending, in BatchVerdict verdict)
    {
        if (_isReaderGone)
        {
            return 0;
        }

        var before = output.UnflushedBytes;
        var count = pending.Batch?.Count ?? 0;
        var refusal = 0;
        string? refusalText = null;
        byte[] refusalOctets = [];
        Span<byte> text = stackalloc byte[128];
        var prefix = verdict.Status == BatchStatus.Accepted && count > 0 ? FormatAccepted(text, verdict) : 0;
        var deferral = verdict.Status == BatchStatus.Deferred ? Encoding.UTF8.GetBytes(verdict.Text ?? "4.3.0 not taken") : [];
        for (var i = 0; i <= count; i++)
        {
            for (; refusal < pending.Refusals.Count && pending.Refusals[refusal].Before == i; refusal++)
            {
                // A refused session answers everything with one text: encoded once.
                if (!ReferenceEquals(refusalText, pending.Refusals[refusal].Text))
                {
                    refusalText = pending.Refusals[refusal].Text;
                    refusalOctets = Encoding.UTF8.GetBytes(refusalText);
                }

                codec.WriteReply(output, pending.Refusals[refusal].Code, refusalOctets);
            }

            if (i == count)
            {
                break;
            }

            if (verdict.Status == BatchStatus.Accepted)
            {
                Utf8Formatter.TryFormat(i, text[prefix..], out var digits);
                codec.WriteReply(output, ReplyCode.Accepted, text[..(prefix + digits)]);
            }
            else
            {
                codec.WriteReply(output, ReplyCode.Deferred, deferral);
            }
        }

        return output.UnflushedBytes - before;
    }

    // "2.0.0 ok 3f2a-1c3-17": the id's last part is the message's place in the batch.
    private static int FormatAccepted(Span<byte> text, in BatchVerdict verdict)
    {
        "2.0.0 ok "u8.CopyTo(text);
        var length = 9;
        length += Encoding.UTF8.GetBytes(verdict.SpoolId!, text[length..]);
        text[length++] = (byte)'-';
        Utf8Formatter.TryFormat(verdict.RecordNumber, text[length..], out var digits, 'x');
        length += digits;
        text[length++] = (byte)'-';
        return length;
    }
}
