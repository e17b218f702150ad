using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Cli.Sending;

/// <summary>Counts verdicts, and refusals by their words. One connection writes; anyone may read the number of replies meanwhile.</summary>
internal sealed class ReplyTally
{
    public const int MaxDistinctReplies = 20;

    private const string OtherReplies = "(other)";

    private readonly Dictionary<string, long> _refusals = new(StringComparer.Ordinal);
    private long _accepted;
    private long _deferred;
    private long _rejected;
    private long _answered;

    public long Accepted => _accepted;

    public long Deferred => _deferred;

    public long Rejected => _rejected;

    public long Answered => Volatile.Read(ref _answered);

    /// <summary>
    /// Replies by code and text, at most <see cref="MaxDistinctReplies"/> and one for the rest. Accepted ones are one
    /// entry: their texts name a message each.
    /// </summary>
    public SortedDictionary<string, long> Replies
    {
        get
        {
            var replies = new SortedDictionary<string, long>(_refusals, StringComparer.Ordinal);
            if (_accepted > 0)
            {
                replies["K"] = _accepted;
            }

            return replies;
        }
    }

    public void Add(in Reply reply)
    {
        switch (reply.Code)
        {
            case ReplyCode.Accepted:
                _accepted++;
                break;
            case ReplyCode.Deferred:
                _deferred++;
                Count($"Z{reply.Text}", 1);
                break;
            default:
                _rejected++;
                Count($"D{reply.Text}", 1);
                break;
        }

        Volatile.Write(ref _answered, _answered + 1);
    }

    public void Add(ReplyTally other)
    {
        _accepted += other._accepted;
        _deferred += other._deferred;
        _rejected += other._rejected;
        _answered += other._answered;
        foreach (var (text, count) in other._refusals)
        {
            Count(text, count);
        }
    }

    private void Count(string text, long count)
    {
        var key = _refusals.Count < MaxDistinctReplies || _refusals.ContainsKey(text) ? text : OtherReplies;
        _refusals[key] = _refusals.GetValueOrDefault(key) + count;
    }
}
