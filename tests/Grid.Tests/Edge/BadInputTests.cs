using System.Text.RegularExpressions;
using EcStreamOrleans.Grid.Tests.Harness;

namespace EcStreamOrleans.Grid.Tests.Edge;

/// <summary>Bad input gets its answer; the process and the other connections do not notice.</summary>
public sealed class BadInputTests : IAsyncLifetime
{
    private readonly TempDirectory _directory = new();
    private TestSilo _silo = null!;

    public static TheoryData<string, string[]> Streams => new()
    {
        // Sound frame, unsound inside: D, and the stream goes on.
        { "0:,", ["D5.5.2 malformed package: no netstring at octet 0 of its inside"] },
        { "10:3:abc,1:s,,", ["D5.5.4 no recipient"] },
        { "16:3:abc,1:s,3:a\nb,,", ["D5.1.3 address contains CR, LF or NUL"] },
        { "16:3:abc,1:s,3:a\rb,,", ["D5.1.3 address contains CR, LF or NUL"] },
        { "16:3:abc,1:s,3:a\0b,,", ["D5.1.3 address contains CR, LF or NUL"] },
        { "15:3:abc,1:s,1:r,x,", ["D5.5.2 malformed package: no netstring at octet 14 of its inside"] },

        // Too long: D with both values, and the stream goes on.
        { "100001:" + new string('x', 100_001) + ",", ["D5.3.4 message too big: 100001 > 100000 bytes (Grid:Limits:MaxPackageBytes)"] },

        // No frame: D with the offset, then the end.
        { "01:x,", ["D5.5.2 stream broken at octet +2: length with a leading zero"] },
        { ":x,", ["D5.5.2 stream broken at octet +1: expected a length, found ':'"] },
        { "12345678901:", ["D5.5.2 stream broken at octet +11: length of more than 10 digits"] },
        { "5x", ["D5.5.2 stream broken at octet +2: expected a digit or ':', found 'x'"] },
        { "1:xy", ["D5.5.2 stream broken at octet +4: no ',' behind 1 octets of package"] },
        { "GET / HTTP/1.1\r\n\r\n", ["D5.5.2 stream broken at octet +1: expected a length, found 'G'"] },
    };

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_directory, settings: s =>
    {
        s.Limits.MaxPackageBytes = 100_000;
        s.Limits.MaxRecipients = 2;
    });

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task EveryKindOfBadInput_GetsItsAnswer_BetweenGoodPackages()
    {
        using var bystander = await RawClient.ConnectAsync(_silo.EndPoint);
        foreach (var (stream, answers) in Streams.Select(row => ((string)row[0], (string[])row[1])))
        {
            using var client = await RawClient.ConnectAsync(_silo.EndPoint);
            var before = RawClient.Package("before");
            await client.SendAsync(before);
            await client.SendAsync(stream);
            client.HalfClose();
            var replies = await client.ReadToEndAsync();

            Assert.StartsWith("K2.0.0 ok ", replies[0]);
            for (var i = 0; i < answers.Length; i++)
            {
                // The table counts from the bad stream's start, the server from the connection's.
                var answer = Regex.Replace(answers[i], @"\+(\d+)", m => $"{before.Length + int.Parse(m.Groups[1].Value)}");
                Assert.StartsWith(answer, replies[1 + i]);
            }

            await bystander.SendAsync(RawClient.Package("unaffected"));
            Assert.StartsWith("K", await bystander.ReadReplyAsync());
        }
    }

    [Theory]
    [InlineData("10:3:abc,1:s,,")]
    [InlineData("0:,")]
    public async Task BehindAFaultInside_TheStreamGoesOn(string bad)
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        for (var i = 0; i < 3; i++)
        {
            await client.SendAsync(bad);
            await client.SendAsync(RawClient.Package($"good {i}"));
        }

        var replies = await client.ReadRepliesAsync(6);

        Assert.Equal("DKDKDK", string.Concat(replies.Select(r => r[0])));
    }

    [Fact]
    public async Task BehindATooLongPackage_TheStreamGoesOn_AndOnlyThenItIsAnswered()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync($"200000:{new string('x', 150_000)}");
        await client.SendAsync(new string('x', 50_000) + ",");
        await client.SendAsync(RawClient.Package("good"));

        var replies = await client.ReadRepliesAsync(2);

        Assert.Equal("D5.3.4 message too big: 200000 > 100000 bytes (Grid:Limits:MaxPackageBytes)", replies[0]);
        Assert.StartsWith("K", replies[1]);
    }

    [Fact]
    public async Task TooManyRecipients_NameTheLimit()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync(RawClient.Package("m", "s", "a@x", "b@x", "c@x"));

        Assert.Equal("D5.5.3 too many recipients: 3 > 2 (Grid:Limits:MaxRecipients)", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task AnAddressTooLong_NamesTheLimit()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync(RawClient.Package("m", "s", new string('a', 513)));

        Assert.Equal("D5.1.3 address too long: 513 > 512 bytes (Grid:Limits:MaxAddressBytes)", await client.ReadReplyAsync());
    }

    [Fact]
    public async Task TheEndInsideAPackage_DropsThePart_AndKeepsTheEarlierOnes()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync(RawClient.Package("whole"));
        await client.SendAsync("50:3:abc,");
        client.HalfClose();

        var replies = await client.ReadToEndAsync();

        Assert.StartsWith("K", Assert.Single(replies));
        await Within.Becomes(() => _silo.Log.All.Any(l => l.Text.Contains("CutInPackage", StringComparison.Ordinal)), "the cut is logged");
        Assert.Equal(1, (await _silo.StatusAsync()).Spool.MessagesWaiting);
    }

    [Fact]
    public async Task AReset_BetweenPackages_IsANormalEnd()
    {
        var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync(RawClient.Package("m"));
        Assert.StartsWith("K", await client.ReadReplyAsync());
        client.Reset();

        await Within.Becomes(() => _silo.Log.All.Any(l => l.Text.Contains("ended: Reset while", StringComparison.Ordinal)), "the end is logged as a reset");
        Assert.DoesNotContain(_silo.Log.All, l => l.Level >= Microsoft.Extensions.Logging.LogLevel.Warning && l.Text.Contains("Session", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AClaimOfTenGigabytes_CostsNoMemory()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await client.SendAsync("9999999999:");
        await client.SendAsync(new string('x', 3_000_000));
        using (var other = await RawClient.ConnectAsync(_silo.EndPoint))
        {
            await other.SendAsync(RawClient.Package("meanwhile"));
            Assert.StartsWith("K", await other.ReadReplyAsync());
        }

        // What arrives is thrown away as it comes: nothing near the three megabytes that were sent, let alone the claim.
        await Within.Becomes(() => GC.GetTotalMemory(forceFullCollection: true) - before < 12_000_000, "memory stays below 12 MB over what it was");
    }
}
