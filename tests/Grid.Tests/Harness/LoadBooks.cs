using System.Text.Json;

namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>
/// The books over runs of <c>ecgrid load</c>: what clients were told, against what arrived. Accepted = delivered + waiting +
/// failed, and nothing that got <c>K</c> is missing.
/// </summary>
internal sealed class LoadBooks(string ledgerFile)
{
    private long _accepted;
    private long _unanswered;
    private long _deferred;
    private long _runs;

    /// <summary>Starts a run that writes into the ledger.</summary>
    public ToolProcess Start(string to, int count, int size, int connections = 1, int window = 1_000) => ToolProcess.EcGrid(
        "load", "--to", to, "--count", $"{count}", "--size", $"{size}", "--connections", $"{connections}", "--window", $"{window}", "--ledger", ledgerFile, "--json");

    /// <summary>Runs to the end, everything accepted.</summary>
    public async Task RunAsync(string to, int count, int size, int connections = 1, int window = 1_000)
    {
        using var load = Start(to, count, size, connections, window);
        Assert.Equal(count, await EndAsync(load));
    }

    /// <summary>Waits for the end of a run and enters it.</summary>
    /// <returns>How many messages were accepted.</returns>
    public async Task<long> EndAsync(ToolProcess load)
    {
        var result = await load.ExitAsync(TimeSpan.FromSeconds(120));
        Assert.True(result.ExitCode is 0 or 1, load.Describe());
        var summary = JsonDocument.Parse(result.Output).RootElement;
        long Figure(string name) => summary.GetProperty(name).GetInt64();
        Assert.Equal(0, Figure("rejected"));
        Assert.Equal(result.ExitCode == 0, Figure("deferred") + Figure("unanswered") + Figure("notSent") == 0);
        _accepted += Figure("accepted");
        _deferred += Figure("deferred");
        _unanswered += Figure("unanswered");
        _runs++;
        return Figure("accepted");
    }

    /// <summary>Enters what clients of the test's own were told, whose messages look like those of a load.</summary>
    /// <param name="accepted">The ids that got <c>K</c>, with the hashes of their bodies.</param>
    /// <param name="deferred">How many got <c>Z</c>.</param>
    /// <param name="unanswered">How many got no answer.</param>
    public void Enter(IReadOnlyDictionary<string, string> accepted, long deferred, long unanswered)
    {
        File.AppendAllLines(ledgerFile, accepted.Select(message => $"{message.Key} {message.Value}"));
        _accepted += accepted.Count;
        _deferred += deferred;
        _unanswered += unanswered;
        _runs++;
    }

    /// <summary>The ids that the ledger has now.</summary>
    public HashSet<string> AcceptedIds() => File.Exists(ledgerFile) ? [.. File.ReadLines(ledgerFile).Select(line => line.Split(' ')[0])] : [];

    /// <summary>Compares. The relay has drained: everything accepted must have been delivered, whole.</summary>
    /// <param name="delivered">What was.</param>
    /// <param name="mayBeUndecided">
    /// Whether <c>Z</c> may have been said of batches whose outcome was not known, since a silo went that had them: then they may have been taken.
    /// </param>
    /// <returns>What there was, in words.</returns>
    public BooksResult Balance(IReadOnlyCollection<DeliveredMail> delivered, bool mayBeUndecided = false)
    {
        var ledger = File.ReadLines(ledgerFile).Select(line => line.Split(' ')).ToDictionary(line => line[0], line => line[1]);
        Assert.Equal(_accepted, ledger.Count);
        var copies = new Dictionary<string, int>();
        foreach (var mail in delivered)
        {
            var (id, announced) = (Header(mail, "X-Load-Id"), Header(mail, "X-Load-Body"));
            Assert.True(announced == Hash(mail.Body), $"{mail.File}: the body of {id} is not what was sent.");
            Assert.True(!ledger.TryGetValue(id, out var written) || written == announced, $"{mail.File}: the body of {id} is not what the ledger has.");
            copies[id] = copies.GetValueOrDefault(id) + 1;
        }

        var missing = ledger.Keys.Where(id => !copies.ContainsKey(id)).ToList();
        Assert.True(missing.Count == 0, $"{missing.Count} of {ledger.Count} messages got K and are missing, the first: {string.Join(", ", missing.Take(5))}.");

        // Beyond what got K only what never got an answer may be there, or none that was sure.
        var unanswered = copies.Keys.Where(id => !ledger.ContainsKey(id)).ToList();
        var mayBeThere = _unanswered + (mayBeUndecided ? _deferred : 0);
        Assert.True(unanswered.Count <= mayBeThere, $"{unanswered.Count} messages were delivered without K, and only {mayBeThere} were never answered or undecided.");
        var duplicated = copies.Where(c => c.Value > 1).ToDictionary();
        return new BooksResult(ledger.Count, unanswered.Count, duplicated, $"{_runs} runs: {ledger.Count} accepted and delivered, {_deferred} deferred, "
            + $"{_unanswered} never answered, of which {unanswered.Count} were delivered; {duplicated.Count} messages delivered more than once, {duplicated.Values.Sum(c => c - 1)} copies too many.");
    }

    /// <summary>CRC-32C a bit at a time: slow, and not the product's.</summary>
    public static string Hash(ReadOnlySpan<byte> octets)
    {
        var crc = ~0u;
        foreach (var octet in octets)
        {
            crc ^= octet;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ ((crc & 1) * 0x82F63B78u);
            }
        }

        return $"{~crc:x8}";
    }

    private static string Header(DeliveredMail mail, string name)
    {
        var start = mail.Text.IndexOf($"\r\n{name}: ", StringComparison.Ordinal) + name.Length + 4;
        return mail.Text[start..mail.Text.IndexOf('\r', start)];
    }
}

/// <summary>What balancing the books came to.</summary>
/// <param name="Accepted">Messages that got <c>K</c>; all were delivered.</param>
/// <param name="DeliveredUnanswered">Messages delivered that never got an answer.</param>
/// <param name="Duplicated">Messages delivered more than once, with how often.</param>
/// <param name="Text">All of it in words.</param>
internal sealed record BooksResult(int Accepted, int DeliveredUnanswered, IReadOnlyDictionary<string, int> Duplicated, string Text);
