using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Spool.Tests;

internal static class TestSpool
{
    public const string Directory = "/spool";

    public static SpoolOptions Options(string directory = Directory) => new()
    {
        Directory = directory,
        SegmentBytes = 32 << 10,
        MaxBytes = 1 << 20,
        SpareSegments = 1,
        MinFreeDiskBytes = 0,
        MaxGroupBytes = 16 << 10,
        JournalBytes = 8 << 10,
    };

    public static MailSpool Open(ISpoolFiles disk, SpoolOptions? options = null, TimeProvider? time = null) =>
        MailSpool.Open(options ?? Options(), disk, time ?? new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)), NullLogger<MailSpool>.Instance);

    public static BatchId Id(int n) => new(new Guid(n, 7, 7, new byte[8]), n);

    /// <summary>A batch whose bytes follow from its number alone, so that what comes back can be checked without a copy.</summary>
    public static SpoolBatch Batch(int n, int messages = 2, int bytes = 100)
    {
        var packages = new byte[messages * bytes];
        new Random(n).NextBytes(packages);
        if (packages.Length >= 4)
        {
            BinaryPrimitives.WriteInt32LittleEndian(packages, n);
        }

        return new SpoolBatch
        {
            Id = Id(n),
            Peer = "192.0.2.1",
            Listener = "127.0.0.1:1825",
            Packages = packages,
            Ends = Enumerable.Range(1, messages).Select(i => i * bytes).ToArray(),
        };
    }

    /// <summary>A batch of framed messages.</summary>
    public static SpoolBatch Mail(params string[] messages)
    {
        var packages = new ArrayBufferWriter<byte>();
        var ends = new List<int>();
        foreach (var message in messages)
        {
            EcStreamCodec.Instance.WritePackage(packages, Encoding.ASCII.GetBytes(message), "s@a.test"u8, [Encoding.ASCII.GetBytes("r@b.test")]);
            ends.Add(packages.WrittenCount);
        }

        return new SpoolBatch { Id = Id(1), Peer = "192.0.2.1", Listener = "127.0.0.1:1825", Packages = packages.WrittenMemory, Ends = ends.ToArray() };
    }

    public static async Task<long> Append(this MailSpool spool, SpoolBatch batch)
    {
        var result = await spool.AppendAsync(batch, CancellationToken.None);
        Assert.Equal(AppendStatus.Durable, result.Status);
        return result.RecordNumber;
    }

    public static async Task Deliver(this MailSpool spool, long record, params int[] messages) =>
        await spool.RecordOutcomesAsync(messages.Select(i => new SpoolOutcome(record, i, SpoolOutcome.AllRecipients, OutcomeKind.Delivered, "")).ToArray(), CancellationToken.None);

    /// <summary>Takes all that waits, in the order it is handed out.</summary>
    public static async Task<List<SpoolRecordRef>> Waiting(this MailSpool spool)
    {
        List<SpoolRecordRef> all = [];
        for (var i = spool.Recovery.WaitingRecords; i > 0; i--)
        {
            all.Add((await spool.NextAsync(CancellationToken.None))!.Value);
        }

        return all;
    }
}
