using System.Buffers;
using System.Text;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;
using EcStreamOrleans.Spool;
using Microsoft.Extensions.Logging.Abstractions;

namespace EcStreamOrleans.Cli.Tests;

/// <summary>A spool in a directory, with its node and without.</summary>
public sealed class SpoolDataTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task ListAndShow_ReadTheDirectory_BesideANodeAndWithoutOne()
    {
        string id;
        await using (var spool = MailSpool.Open(Options(), new SpoolFiles(), TimeProvider.System, NullLogger<MailSpool>.Instance))
        {
            id = spool.Id;
            await AppendAsync(spool, "Subject: 1\n\nfirst", "second");
            await CheckAsync();
        }

        await CheckAsync();

        async Task CheckAsync()
        {
            var list = await CliRun.CompleteAsync("spool", "list", "--data", _directory.Path, "--json");
            Assert.Equal(ExitCode.Success, await list.Exit);
            Assert.Equal([$"{id}-1-0", $"{id}-1-1"], list.Json.GetProperty("messages").EnumerateArray().Select(m => m.GetProperty("id").GetString()));

            var show = await CliRun.CompleteAsync("spool", "show", $"{id}-1-0", "--data", _directory.Path);
            Assert.Equal(ExitCode.Success, await show.Exit);
            Assert.Equal("Subject: 1\n\nfirst"u8.ToArray(), show.Binary);
            Assert.Contains("Recipient: <r@b.test>", show.Error);

            var missing = await CliRun.CompleteAsync("spool", "show", $"{id}-9-0", "--data", _directory.Path);
            Assert.Equal(ExitCode.NotEverything, await missing.Exit);
        }
    }

    [Fact]
    public async Task ADirectoryWithoutASpool_CannotBeRead()
    {
        var run = await CliRun.CompleteAsync("spool", "list", "--data", _directory.Path);

        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains("There is no spool in", run.Error);
    }

    private SpoolOptions Options() => new() { Directory = Path.Combine(_directory.Path, "spool"), SegmentBytes = 1 << 20, MinFreeDiskBytes = 0 };

    private static async Task AppendAsync(MailSpool spool, params string[] messages)
    {
        var packages = new ArrayBufferWriter<byte>();
        var ends = new List<int>();
        foreach (var message in messages)
        {
            EcStreamCodec.Instance.WritePackage(packages, Encoding.ASCII.GetBytes(message), "s@a.test"u8, [Encoding.ASCII.GetBytes("r@b.test")]);
            ends.Add(packages.WrittenCount);
        }

        var result = await spool.AppendAsync(
            new SpoolBatch { Id = new BatchId(Guid.NewGuid(), 1), Peer = "192.0.2.1", Listener = ":1825", Packages = packages.WrittenMemory, Ends = ends.ToArray() },
            CancellationToken.None);
        Assert.Equal(AppendStatus.Durable, result.Status);
    }
}
