using System.Text;
using CsCheck;
using EcStreamOrleans.Protocol;

namespace EcStreamOrleans.Spool.Tests;

/// <summary>The format from outside the code that writes it: known checksums, and bytes nobody wrote.</summary>
public sealed class FormatTests
{
    [Theory]
    [InlineData("123456789", 0xE3069283)]
    [InlineData("", 0u)]
    [InlineData("a", 0xC1D04330)]
    public void Crc32C_KnownVectors(string text, uint crc) => Assert.Equal(crc, FixtureCrc(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Crc32C_OfAnyLengthInAnyPieces_IsTheSame()
    {
        var random = new Random(7);
        var data = new byte[20_000];
        random.NextBytes(data);
        foreach (var length in Enumerable.Range(0, 40).Select(_ => random.Next(data.Length)).Concat([0, 7, 8, 3_071, 3_072, 3_073, 3_079, 3_080, 6_144, 9_300]))
        {
            var state = Crc32C.Seed;
            for (var done = 0; done < length;)
            {
                var piece = Math.Min(length - done, random.Next(1, 9_000));
                state = Crc32C.Update(state, data.AsSpan(done, piece));
                done += piece;
            }

            var expected = FixtureCrc(data.AsSpan(0, length));
            Assert.Equal(expected, Crc32C.Finish(state));
            Assert.Equal(expected, Crc32C.Compute(data.AsSpan(0, length)));

            var first = random.Next(length + 1);
            var joined = Crc32C.Join(Crc32C.Update(Crc32C.Seed, data.AsSpan(0, first)), Crc32C.Update(0, data.AsSpan(first, length - first)), length - first);
            Assert.Equal(expected, Crc32C.Finish(joined));
        }
    }

    [Theory]
    [InlineData(1, 40)]
    [InlineData(20, 1_000)]
    public void ARecord_IsTheSame_WhoeverSumsUpItsPackages(int messages, int bytes)
    {
        var batch = TestSpool.Batch(1, messages, bytes);

        Assert.Equal(Record(batch), Record(batch with { Checksum = Crc32C.Update(0, batch.Packages.Span) }));
        Assert.NotEqual(Record(batch), Record(batch with { Checksum = 1 }));

        static byte[] Record(SpoolBatch batch)
        {
            var disk = new MemoryDisk();
            using var file = disk.Open("/record", SpoolFileMode.Create);
            using var buffer = new GroupBuffer(64 << 10);
            buffer.Begin(file, 0);
            buffer.PutRecord(new RecordHeader(RecordKind.Batch, 1, 1, 0, batch.Id, 1, batch.Ends.Length, batch.Peer.Length, batch.Listener.Length, batch.Packages.Length), batch, key: 7);
            buffer.End();
            var record = new byte[file.Length];
            file.Read(record, 0);
            return record;
        }
    }

    [Fact]
    public void Fixture_SegmentHeaderChecksum_FollowsFromTheDocumentedRule()
    {
        var segment = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "fixtures", "spool-v1", "segment-00001.ecs"));
        var header = segment[..56];
        header.AsSpan(12, 4).Clear();
        Assert.Equal("ESPOOLS1", Encoding.ASCII.GetString(segment, 0, 8));
        Assert.Equal(BitConverter.ToUInt32(segment, 12), FixtureCrc(header));
        var record = segment.AsSpan(4096, 104).ToArray();
        record.AsSpan(20, 4).Clear();
        Assert.Equal("ESPOOLR1", Encoding.ASCII.GetString(record, 0, 8));
        Assert.Equal(BitConverter.ToUInt32(segment, 4096 + 20), FixtureCrc(record));
    }

    [Fact]
    public async Task AnyBatch_ComesBackByteForByte()
    {
        var batches = Gen.Select(Gen.Byte.Array[0, 3000].Array[1, 8], Gen.Char.AlphaNumeric.Array[0, 64], Gen.Char.AlphaNumeric.Array[0, 128]);
        await batches.SampleAsync(
            async (packages, peer, listener) =>
            {
                await using var spool = TestSpool.Open(new MemoryDisk());
                var end = 0;
                var id = new BatchId(Guid.Empty, long.MaxValue);
                await spool.Append(new SpoolBatch { Id = id, Peer = new string(peer), Listener = new string(listener), Packages = packages.SelectMany(package => package).ToArray(), Ends = packages.Select(package => end += package.Length).ToArray() });
                using var record = spool.Read((await spool.NextAsync(CancellationToken.None))!.Value);
                Assert.Equal((id, new string(peer), new string(listener), packages.Length), (record.Id, record.Peer, record.Listener, record.Count));
                for (var i = 0; i < packages.Length; i++)
                {
                    Assert.Equal(packages[i], record.GetPackage(i).ToArray());
                }
            },
            iter: 60,
            threads: 1);
    }

    [Fact]
    public async Task AnyBytesInAnyFile_OpenAndTakeMail()
    {
        var source = new MemoryDisk();
        await using (var spool = TestSpool.Open(source))
        {
            for (var n = 1; n <= 20; n++)
            {
                await spool.Append(TestSpool.Batch(n, 3, 900));
                await spool.Deliver(n, 0, 2);
            }
        }

        var image = source.Image();
        await Gen.Select(Gen.Int[0, 1 << 20], Gen.Byte.Array[1, 600]).Array[1, 12].SampleAsync(
            async splices =>
            {
                var broken = image.ToDictionary(pair => pair.Key, pair => (byte[])pair.Value.Clone());
                var files = broken.Keys.Order(StringComparer.Ordinal).Where(path => !path.EndsWith("lock", StringComparison.Ordinal)).ToList();
                foreach (var (at, bytes) in splices)
                {
                    var file = broken[files[at % files.Count]];
                    var start = file.Length == 0 ? 0 : at % file.Length;
                    bytes.AsSpan(0, Math.Min(bytes.Length, file.Length - start)).CopyTo(file.AsSpan(start));
                }

                await using var spool = TestSpool.Open(MemoryDisk.From(broken));
                foreach (var waiting in await spool.Waiting())
                {
                    using var record = spool.Read(waiting);
                    Assert.Equal(3, record.Count);
                }

                await spool.Append(TestSpool.Batch(1000));
            },
            iter: 150,
            threads: 1);
    }

    [Fact]
    public async Task PackageThatLooksLikeARecord_IsNeverTakenForOne()
    {
        // The worst a peer could know: a record of another spool with the right generation and number.
        var other = new MemoryDisk();
        await using (var spool = TestSpool.Open(other))
        {
            await spool.Append(TestSpool.Batch(1));
            await spool.Append(TestSpool.Batch(2));
        }

        var forged = other.Image().First(pair => pair.Key.EndsWith("00001.ecs", StringComparison.Ordinal) || pair.Value.AsSpan().IndexOf("ESPOOLR1"u8) >= 0).Value.AsMemory(4096, 16384);
        var disk = new MemoryDisk();
        await using (var spool = TestSpool.Open(disk))
        {
            await spool.Append(TestSpool.Batch(1) with { Packages = forged, Ends = new[] { forged.Length } });
            await spool.Append(TestSpool.Batch(9));
        }

        // Damage the header in front of the forgery, so that the scan has to search through it.
        var image = disk.Image();
        var segment = image.Values.First(bytes => bytes.Length > 4096 && bytes.AsSpan(4096).IndexOf("ESPOOLR1"u8) == 0);
        segment[4096 + 30] ^= 1;
        await using var again = TestSpool.Open(MemoryDisk.From(image));
        using var record = again.Read(Assert.Single(await again.Waiting()));
        Assert.Equal(TestSpool.Id(9), record.Id);
        Assert.Single(again.Recovery.Quarantined);
    }

    /// <summary>Bit by bit, from the polynomial: shares nothing with the product's code.</summary>
    private static uint FixtureCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc >> 1) ^ (0x82F63B78u & (0 - (crc & 1)));
            }
        }

        return ~crc;
    }
}
