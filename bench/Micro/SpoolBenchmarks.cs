using System.Buffers;
using BenchmarkDotNet.Attributes;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;
using EcStreamOrleans.Spool;

namespace EcStreamOrleans.Micro;

/// <summary>What a message costs on its way from a batch into the buffer that goes to the disk. Figures are for one message.</summary>
[MemoryDiagnoser]
public class SpoolBenchmarks : IDisposable
{
    private const int Messages = 256;

    private readonly GroupBuffer _group = new(16 << 20);
    private readonly Nowhere _file = new();
    private SpoolBatch _batch;
    private RecordHeader _header;

    [Params(1_024, 10_240)]
    public int Size { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var package = new ArrayBufferWriter<byte>();
        EcStreamCodec.Instance.WritePackage(package, new byte[Size], "load@ecgrid.invalid"u8, [(ReadOnlyMemory<byte>)"sink@ecgrid.invalid"u8.ToArray()]);
        var octets = package.WrittenSpan.ToArray();
        _batch = new SpoolBatch
        {
            Id = new BatchId(Guid.NewGuid(), 1),
            Peer = "127.0.0.1",
            Listener = "127.0.0.1:1825",
            Packages = Enumerable.Repeat(octets, Messages).SelectMany(one => one).ToArray(),
            Ends = Enumerable.Range(1, Messages).Select(i => i * octets.Length).ToArray(),
        };
        _header = new RecordHeader(RecordKind.Batch, 1, 1, 0, _batch.Id, DateTimeOffset.UnixEpoch.UtcTicks, Messages, _batch.Peer.Length, _batch.Listener.Length, _batch.Packages.Length);
    }

    /// <summary>Copy, checksum and padding; the write goes nowhere.</summary>
    [Benchmark(OperationsPerInvoke = Messages)]
    public long PutRecord()
    {
        _group.Begin(_file, 0);
        _group.PutRecord(_header, _batch, key: 1);
        return _group.End();
    }

    [GlobalCleanup]
    public void Dispose() => _group.Dispose();

    private sealed class Nowhere : ISpoolFile
    {
        public long Length => 0;

        public int Read(Span<byte> destination, long offset) => 0;

        public void Write(ReadOnlySpan<byte> source, long offset)
        {
        }

        public void Flush()
        {
        }

        public void Dispose()
        {
        }
    }
}
