using System.Buffers;
using System.Buffers.Text;
using System.Text;
using EcStreamOrleans.Cli.Sending;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Loading;

/// <summary>Feeds one connection of a load run, out of one buffer of packages that it patches and sends again and again.</summary>
internal sealed class LoadFeed : IPackageFeed
{
    private const int WriteBytes = 262_144;
    private const int LedgerBytes = 65_536;

    /// <summary>How much of a second a paced connection sends at once.</summary>
    private const double Step = 0.01;

    private readonly LoadTemplate _template;
    private readonly TimeProvider _timeProvider;
    private readonly LoadLedger? _ledger;
    private readonly ArrayBufferWriter<byte> _lines = new(LedgerBytes + 256);
    private readonly byte[] _idPrefix;
    private readonly byte[] _packages;
    private readonly int _slots;
    private readonly long _count;
    private readonly double _rate;
    private readonly int _step;

    // What the reply of a package needs to know, by the package's number in the window.
    private readonly long[] _sentAt;
    private readonly uint[] _hashes;
    private long _startedAt;
    private long _next;
    private long _arrivedAt;
    private int _ready;

    public LoadFeed(LoadTemplate template, long count, int window, double rate, LoadLedger? ledger, TimeProvider timeProvider)
    {
        _template = template;
        _timeProvider = timeProvider;
        _ledger = ledger;
        _idPrefix = Encoding.ASCII.GetBytes(template.IdPrefix);
        _count = count;
        _rate = rate;
        _step = rate > 0 ? (int)Math.Max(1, rate * Step) : int.MaxValue;
        _slots = Math.Clamp(WriteBytes / template.PackageBytes, 1, window);
        _packages = new byte[_slots * template.PackageBytes];
        _sentAt = new long[window];
        _hashes = new uint[window];
        for (var i = 0; i < _slots; i++)
        {
            template.CopyTo(Slot(i));
        }
    }

    public ReplyTally Tally { get; } = new();

    public LatencyHistogram Latencies { get; } = new();

    public int Prepare(EcStreamConnection connection, int room)
    {
        _ready = (int)Math.Min(Math.Min(Math.Min(room, _slots), _step), _count - _next);
        var now = _timeProvider.GetTimestamp();
        _startedAt = _next == 0 ? now : _startedAt;
        for (var i = 0; i < _ready; i++, _next++)
        {
            var place = _next % _sentAt.Length;
            _hashes[place] = _template.Patch(Slot(i), _next);
            _sentAt[place] = now;
        }

        return _ready;
    }

    public ValueTask<bool> SendAsync(EcStreamConnection connection)
    {
        var sending = connection.SendPackagesAsync(_packages.AsMemory(0, _ready * _template.PackageBytes), _ready, CancellationToken.None);
        return _rate > 0 ? PaceAsync(sending) : sending;
    }

    public void OnArrival() => _arrivedAt = _timeProvider.GetTimestamp();

    public void OnReply(long index, in Reply reply)
    {
        var place = index % _sentAt.Length;
        Latencies.Add(_timeProvider.GetElapsedTime(_sentAt[place], _arrivedAt));
        Tally.Add(reply);
        if (_ledger is not null && reply.Code == ReplyCode.Accepted)
        {
            WriteLine(index, _hashes[place]);
        }
    }

    /// <summary>Writes the lines that are still in memory; at the end, however the connection ended.</summary>
    public void FlushLedger()
    {
        if (_ledger is not null && _lines.WrittenCount > 0)
        {
            _ledger.Append(_lines.WrittenSpan);
            _lines.ResetWrittenCount();
        }
    }

    // By the whole run's time, so that a wait that was too long is made up for.
    private async ValueTask<bool> PaceAsync(ValueTask<bool> sending)
    {
        var isSent = await sending;
        var ahead = TimeSpan.FromSeconds(_next / _rate) - _timeProvider.GetElapsedTime(_startedAt);
        if (isSent && ahead > TimeSpan.Zero && _next < _count)
        {
            await Task.Delay(ahead, _timeProvider);
        }

        return isSent;
    }

    private void WriteLine(long number, uint hash)
    {
        const int NumberDigits = 10;
        const int HashDigits = 8;
        _lines.Write(_idPrefix);
        var rest = _lines.GetSpan(NumberDigits + HashDigits + 2);
        Utf8Formatter.TryFormat(number, rest, out _, new StandardFormat('D', NumberDigits));
        rest[NumberDigits] = (byte)' ';
        LoadTemplate.WriteHash(hash, rest[(NumberDigits + 1)..]);
        rest[NumberDigits + 1 + HashDigits] = (byte)'\n';
        _lines.Advance(NumberDigits + HashDigits + 2);
        if (_lines.WrittenCount >= LedgerBytes)
        {
            FlushLedger();
        }
    }

    private Span<byte> Slot(int i) => _packages.AsSpan(i * _template.PackageBytes, _template.PackageBytes);
}
