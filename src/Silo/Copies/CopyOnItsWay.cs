using EcStreamOrleans.Grains;
using EcStreamOrleans.Grains.Copies;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Silo.Copies;

/// <content>One batch between its two disks.</content>
internal sealed partial class CopySender
{
    /// <summary>
    /// Sends a batch to the partner as soon as it has its number, while the disk here writes it. Durable on both it is handed out and counts; otherwise it is taken back. Without an
    /// answer there is none for the caller either, who asks again: the batch may come to another partner by then.
    /// </summary>
    private sealed class CopyOnItsWay(CopySender sender, PeerId peer, MailBatch batch, long began) : IAppendFollower, IThreadPoolWorkItem
    {
        /// <summary>No attempt begins later: with the time of one call it stays below that of the peer's grain.</summary>
        public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

        private readonly TaskCompletionSource<Sent> _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource<SpoolAnswer> _decision = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private DateTimeOffset _acceptedAt;

        public BatchId Id { get; } = batch.Id;

        /// <summary>The record's number; 0 for an append that found an earlier one.</summary>
        public long Number { get; private set; }

        public Task<SpoolAnswer> Decision => _decision.Task;

        public void Numbered(long recordNumber, DateTimeOffset acceptedAt)
        {
            (Number, _acceptedAt) = (recordNumber, acceptedAt);
            sender._undecided[recordNumber] = this;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void Execute() => _ = SendAsync();

        /// <summary>The disk here has failed: whatever the partner has was never acknowledged.</summary>
        public void GiveUp()
        {
            if (Number != 0)
            {
                batch.Keep();
                sender._undecided.TryRemove(KeyValuePair.Create(Number, this));
            }
        }

        public async Task<SpoolAnswer> DecideAsync()
        {
            var spool = sender.Spool;
            try
            {
                var sent = await _sent.Task;
                if (sent.IsEnough)
                {
                    if (sent.Epoch != sender.Partner?.Epoch)
                    {
                        sender._missing.TryAdd(Number, 0);
                    }

                    spool.HandOut(Number);
                    var answer = new SpoolAnswer(IsDurable: true, spool.Id, Number, Text: null);
                    _decision.SetResult(answer);
                    return answer;
                }

                await TakeBackAsync(spool);
                if (sent.Refusal is null)
                {
                    throw new TimeoutException("The copy is in doubt: the silo that is to hold it did not answer.");
                }

                var refusal = Refusal(spool, sent.Refusal);
                _decision.SetResult(refusal);
                return refusal;
            }
            catch (Exception error)
            {
                _decision.TrySetException(error);
                _ = _decision.Task.Exception;
                throw;
            }
            finally
            {
                sender._undecided.TryRemove(KeyValuePair.Create(Number, this));
            }
        }

        private async Task TakeBackAsync(MailSpool spool)
        {
            try
            {
                await spool.VoidAsync(Number);
                var key = new CopyKey(Number, Id);
                lock (sender._noticeLock)
                {
                    sender._notices[key] = [key.AllDone()];
                }
            }
            catch (IOException error)
            {
                // It cannot be taken back, so it is delivered, though its sender is told to send it again.
                sender.LogTrouble(error);
                spool.HandOut(Number);
            }
        }

        private async Task SendAsync()
        {
            try
            {
                while (true)
                {
                    var partner = (await sender.StandAsync(began)).Partner;
                    if (partner is null)
                    {
                        _sent.SetResult(sender.TakesMailAlone ? new Sent(IsEnough: true, 0, null) : new Sent(IsEnough: false, 0, $"4.3.2 {sender.Alone()}"));
                        return;
                    }

                    if (await TryStoreAsync(partner) is { } answer)
                    {
                        _sent.SetResult(answer.IsDurable ? new Sent(IsEnough: true, partner.Epoch, null) : new Sent(IsEnough: false, 0, $"{answer.Text} (of the copy at {partner.Silo.Endpoint})"));
                        return;
                    }

                    await Task.Delay(Pause, sender.Clock);
                    if (sender.Clock.GetElapsedTime(began) > Patience)
                    {
                        break;
                    }
                }
            }
            catch (Exception error)
            {
                sender.LogTrouble(error);
            }

            _sent.TrySetResult(default);
        }

        private async Task<CopyAnswer?> TryStoreAsync(CopyPartner partner)
        {
            try
            {
                return await sender.StoreAsync(partner, Number, _acceptedAt, peer.Key, batch);
            }
            catch (Exception error)
            {
                // Whoever did not answer may still read the memory.
                batch.Keep();
                sender.LogTrouble(error);
                return null;
            }
        }

        /// <summary>What came of the sending; neither enough nor refused is in doubt.</summary>
        private readonly record struct Sent(bool IsEnough, long Epoch, string? Refusal);
    }
}
