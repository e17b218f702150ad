using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>
/// Peers that send one message after the other, some ten a second, whatever becomes of the grid: what each was told, and how long it took. A message that was put off is not sent
/// again.
/// </summary>
internal sealed class SteadyMail
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>What is answered later was in the way of something.</summary>
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private static int _nets;

    private readonly Func<int, IPEndPoint> _edge;
    private readonly string _name;
    private readonly int _net = Interlocked.Increment(ref _nets) % 250;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;
    private readonly ConcurrentDictionary<string, string> _accepted = new();
    private readonly ConcurrentDictionary<string, int> _refusals = new();
    private readonly ConcurrentQueue<(TimeSpan At, TimeSpan Wait, bool IsTaken)> _answers = new();
    private readonly Stopwatch _time = Stopwatch.StartNew();
    private readonly int[] _perPeer;
    private long _unanswered;

    /// <param name="name">Tells its messages apart; its peers have a network of their own.</param>
    /// <param name="peers">How many, each with an address of its own.</param>
    /// <param name="edge">Where the n-th attempt of a peer to connect goes.</param>
    public SteadyMail(string name, int peers, Func<int, IPEndPoint> edge)
    {
        (_name, _edge, _perPeer) = (name, edge, new int[peers]);
        _running = Task.WhenAll(Enumerable.Range(0, peers).Select(peer => SendAsync(peer, _end.Token)));
    }

    /// <summary>Messages that got <c>K</c>.</summary>
    public int Accepted => _accepted.Count;

    /// <summary>Messages that got <c>Z</c>.</summary>
    public int Deferred => _refusals.Values.Sum();

    /// <summary>Messages that got no answer, since the connection ended.</summary>
    public long Unanswered => Interlocked.Read(ref _unanswered);

    /// <summary>What was said with <c>Z</c>, and how often.</summary>
    public IReadOnlyDictionary<string, int> Refusals => _refusals;

    /// <summary>The longest wait for any answer.</summary>
    public TimeSpan LongestAnswer => _answers.Select(answer => answer.Wait).DefaultIfEmpty().Max();

    /// <summary>Now, by the clock of <see cref="RecoveredAfter"/>.</summary>
    public TimeSpan Now => _time.Elapsed;

    /// <summary>How long after an instant the last answer came that was no <c>K</c>, or was no quick one.</summary>
    public TimeSpan RecoveredAfter(TimeSpan instant) =>
        _answers.Where(answer => answer.At > instant && !(answer.IsTaken && answer.Wait < Slow)).Select(answer => answer.At).DefaultIfEmpty(instant).Max() - instant;

    /// <summary>Ends when every peer has got <c>K</c> this many times more.</summary>
    public async Task EveryPeerGoesOnAsync(string when, int messages = 10)
    {
        var before = _perPeer.ToArray();
        try
        {
            await Within.Becomes(() => _running.IsCompleted || _perPeer.Zip(before, (now, then) => now >= then + messages).All(goesOn => goesOn), $"every peer's mail is taken {when}");
        }
        catch (TimeoutException late)
        {
            throw new TimeoutException($"{late.Message}: {this}", late);
        }

        Assert.False(_running.IsCompleted, _running.Exception?.ToString());
    }

    /// <summary>Ends when every peer has sent its last message, and enters what they were told.</summary>
    public async Task EndAsync(LoadBooks books)
    {
        await _end.CancelAsync();
        await Within.PatienceOf(_running, "the last messages are answered");
        _end.Dispose();
        books.Enter(_accepted, Deferred, Unanswered);
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Accepted} taken, {Deferred} put off, {Unanswered} without an answer, the longest answer {LongestAnswer.TotalSeconds:0.0} s{string.Concat(_refusals.Select(r => $"; {r.Value} x {r.Key}"))}");

    private async Task SendAsync(int peer, CancellationToken end)
    {
        RawClient? client = null;
        var connections = peer;
        using var pace = new PeriodicTimer(Pace);
        for (var i = 0; !end.IsCancellationRequested; i++)
        {
            var (id, body) = ($"{_name}-{peer}-{i}", $"The {i}th of peer {peer}.\r\n");
            var hash = LoadBooks.Hash(Encoding.Latin1.GetBytes(body));
            var began = _time.Elapsed;
            var isSent = false;
            try
            {
                client ??= await RawClient.ConnectAsync(_edge(connections++), IPAddress.Parse($"127.2.{_net}.{1 + peer}"));
                isSent = true;
                await client.SendAsync(RawClient.Package($"Subject: x\r\nX-Load-Id: {id}\r\nX-Load-Body: {hash}\r\n\r\n{body}"));
                Note(peer, id, hash, await client.ReadReplyAsync(), began);
            }
            catch (Exception gone) when (gone is IOException or SocketException)
            {
                // The edge is gone with the connection: whether the message was taken is not known.
                client?.Dispose();
                client = null;
                Interlocked.Add(ref _unanswered, isSent ? 1 : 0);
            }

            await pace.WaitForNextTickAsync(CancellationToken.None);
        }

        client?.Dispose();
    }

    private void Note(int peer, string id, string hash, string reply, TimeSpan began)
    {
        var now = _time.Elapsed;
        if (reply.StartsWith('K'))
        {
            _accepted[id] = hash;
            Interlocked.Increment(ref _perPeer[peer]);
        }
        else
        {
            Assert.StartsWith("Z4.3", reply);
            _refusals.AddOrUpdate(reply, 1, (_, count) => count + 1);
        }

        _answers.Enqueue((now, now - began, reply.StartsWith('K')));
    }
}
