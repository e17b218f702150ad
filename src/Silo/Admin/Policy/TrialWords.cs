using System.Globalization;
using EcStreamOrleans.Grains.Nodes;

namespace EcStreamOrleans.Silo.Admin.Policy;

/// <summary>A trial in a sentence: <c>3 peers: 1,832 batches smaller, 12 sessions closed earlier</c>.</summary>
internal static class TrialWords
{
    public static string Of(IReadOnlyList<PeerTrial> peers, long facts)
    {
        if (facts == 0)
        {
            return "no traffic is remembered";
        }

        string[] parts =
        [
            .. Part(peers.Sum(p => p.BatchesSmaller), "batch", "batches", "smaller"),
            .. Part(peers.Sum(p => p.BatchesLarger), "batch", "batches", "perhaps larger"),
            .. Part(peers.Sum(p => p.SessionsClosedEarlier), "session", "sessions", "closed earlier"),
            .. Part(peers.Sum(p => p.SessionsKeptLonger), "session", "sessions", "kept longer"),
            .. Part(peers.Sum(p => p.MessagesRefused), "message", "messages", "put off"),
        ];
        return parts.Length == 0 ? "nothing would have been different" : $"{Count(peers.Count, "peer", "peers")}: {string.Join(", ", parts)}";
    }

    private static string[] Part(long count, string one, string many, string what) => count == 0 ? [] : [$"{Count(count, one, many)} {what}"];

    private static string Count(long count, string one, string many) => $"{count.ToString("N0", CultureInfo.InvariantCulture)} {(count == 1 ? one : many)}";
}
