namespace EcStreamOrleans.Spool.Tests;

public sealed class RealDiskTests() : RealDiskContract(bypassesPageCache: false);

public sealed class RealDiskPastThePageCacheTests() : RealDiskContract(bypassesPageCache: true);

/// <summary>The same spool on real files: the lock, the offline reader, failed messages, and the format written by the first version.</summary>
public abstract class RealDiskContract : IDisposable
{
    private readonly SpoolFiles _files;
    private readonly string _directory = Path.Combine(Path.GetTempPath(), "spool-tests", Guid.NewGuid().ToString("n"));

    protected RealDiskContract(bool bypassesPageCache)
    {
        Directory.CreateDirectory(_directory);

        // A file system in memory has no such writes: there both are the same.
        _files = new SpoolFiles(bypassesPageCache && SpoolFiles.CanBypassPageCache(_directory, out _));
        Directory.Delete(_directory);
    }

    private static string Fixture => Path.Combine(AppContext.BaseDirectory, "fixtures", "spool-v1");

    public void Dispose()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    [Fact]
    public async Task SecondOpen_IsRefusedWithAClearMessage()
    {
        await using var first = TestSpool.Open(_files, TestSpool.Options(_directory));
        var error = Assert.ThrowsAny<IOException>(() => TestSpool.Open(_files, TestSpool.Options(_directory)));
        Assert.Contains("in use by another process", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reader_SeesWaitingAndFailed_OnALiveAndOnAClosedSpool()
    {
        var batch = TestSpool.Mail("first", "second", "third");
        string id;
        await using (var spool = TestSpool.Open(_files, TestSpool.Options(_directory)))
        {
            id = spool.Id;
            await spool.Append(batch);
            await spool.Deliver(1, 0);
            await spool.RecordOutcomesAsync(new SpoolOutcome[] { new(1, 2, -1, OutcomeKind.Failed, "550 5.1.1 no such user") }, CancellationToken.None);
            Check();
        }

        Check();
        await using var again = TestSpool.Open(_files, TestSpool.Options(_directory));
        Assert.Equal(1, again.GetStatus().FailedMessages);
        Assert.Equal(id, again.Id);

        void Check()
        {
            var messages = SpoolReader.Scan(_directory, 10);
            Assert.Equal([$"{id}-1-1", $"{id}-1-2"], messages.Select(message => message.Id));
            Assert.Equal([SpooledMessageState.Waiting, SpooledMessageState.Failed], messages.Select(message => message.State));
            Assert.Equal("failed: 550 5.1.1 no such user", messages[1].Text);
            Assert.All(messages, message => Assert.Equal(("s@a.test", "r@b.test"), (message.Sender, Assert.Single(message.Recipients))));
            Assert.Equal("third"u8.ToArray(), SpoolReader.Find(_directory, $"{id}-1-2")?.Message);
            Assert.Equal("second"u8.ToArray(), SpoolReader.Find(_directory, $"{id}-1-1")?.Message);
            Assert.Null(SpoolReader.Find(_directory, $"{id}-1-0"));
            Assert.Null(SpoolReader.Find(_directory, $"{id}-2-1"));
            Assert.Equal([$"{id}-1-1"], SpoolReader.Scan(_directory, 1).Select(message => message.Id));
        }
    }

    [Fact]
    public async Task FailedRecipients_ShareOneFile()
    {
        await using var spool = TestSpool.Open(_files, TestSpool.Options(_directory));
        await spool.Append(TestSpool.Batch(1, 1));
        await spool.RecordOutcomesAsync(new SpoolOutcome[] { new(1, 0, 0, OutcomeKind.Failed, "first"), new(1, 0, 1, OutcomeKind.Expired, "second") }, CancellationToken.None);
        var json = await File.ReadAllTextAsync(Path.Combine(_directory, "failed", $"{spool.Id}-1-0.json"));
        Assert.Contains("first", json, StringComparison.Ordinal);
        Assert.Contains("second", json, StringComparison.Ordinal);
        Assert.Equal(1, spool.GetStatus().FailedMessages);
        Assert.Equal(1, spool.GetStatus().MessagesWaiting);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task GarbageFiles_AreNoReasonToStop(int seed)
    {
        var random = new Random(seed);
        Directory.CreateDirectory(_directory);
        for (var i = 1; i <= 12; i++)
        {
            var bytes = new byte[random.Next(40_000)];
            random.NextBytes(bytes);
            var real = await File.ReadAllBytesAsync(Directory.GetFiles(Fixture, i % 2 == 0 ? "segment-*" : "outcomes-*")[0]);
            real.AsSpan(0, Math.Min(Math.Min(real.Length, bytes.Length), random.Next(300))).CopyTo(bytes);
            await File.WriteAllBytesAsync(Path.Combine(_directory, i % 2 == 0 ? $"segment-{i:d5}.ecs" : $"outcomes-{i:d5}.ecj"), bytes);
        }

        await using var spool = TestSpool.Open(_files, TestSpool.Options(_directory));
        await spool.Append(TestSpool.Batch(1));
        Assert.NotEmpty(SpoolReader.Scan(_directory, int.MaxValue));
    }

    /// <summary>Files of the first version must be readable for ever: a change that breaks this needs a new version and a reader for both.</summary>
    [Fact]
    public async Task SpoolOfVersion1_IsReadable()
    {
        Directory.CreateDirectory(_directory);
        foreach (var file in Directory.GetFiles(Fixture))
        {
            File.Copy(file, Path.Combine(_directory, Path.GetFileName(file)));
        }

        await using var spool = TestSpool.Open(_files, TestSpool.Options(_directory));
        var waiting = await spool.Waiting();
        Assert.Equal([1, 2, 4], waiting.Select(record => record.RecordNumber));
        foreach (var reference in waiting)
        {
            using var record = spool.Read(reference);
            var batch = TestSpool.Batch((int)record.RecordNumber, 3, 40);
            Assert.Equal(batch.Id, record.Id);
            Assert.Equal("192.0.2.1", record.Peer);
            Assert.Equal("127.0.0.1:1825", record.Listener);
            Assert.Equal(batch.Packages[40..80].ToArray(), record.GetPackage(1).ToArray());
            Assert.Equal(record.RecordNumber == 2, record.IsDone(0));
        }

        Assert.Equal(5, await spool.Append(TestSpool.Batch(5)));
    }
}
