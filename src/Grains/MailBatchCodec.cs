using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Text;
using EcStreamOrleans.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.WireProtocol;

namespace EcStreamOrleans.Grains;

/// <summary>
/// The batch on the wire between processes: fixed header, Listen, ends, packages. Orleans' own forms for bytes cost two to
/// ten times as much: they allocate the payload anew or copy it again (docs/performance.md).
/// </summary>
/// <remarks>
/// Layout, little endian: id 24, listen length u16, count i32, payload length i32, listen UTF-8, ends i32 each, payload; of a batch that a silo
/// sends u8 and its address in ASCII. What is behind that a later version says, and is passed over.
/// </remarks>
[RegisterSerializer]
internal sealed class MailBatchCodec(IServiceProvider services) : IFieldCodec<MailBatch>
{
    // A silo that sends a batch on is where it entered: an edge of its own process made it, or its gateway took it and the grain is elsewhere. Orleans
    // decodes what it sends on. An edge of its own process is no silo.
    private readonly Lazy<byte[]> _self = new(() => services.GetService<ILocalSiloDetails>() is { } silo ? Written(silo.SiloAddress.ToParsableString()) : []);

    // Those of the other silos: few, and each batch that is sent on names one.
    private readonly ConcurrentDictionary<string, SiloAddress>.AlternateLookup<ReadOnlySpan<char>> _silos =
        new ConcurrentDictionary<string, SiloAddress>(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    private const int HeaderBytes = BatchId.SizeInBytes + 2 + 4 + 4;

    /// <summary>No edge makes a batch anywhere near this; a length beyond it is not believed.</summary>
    private const int MaxBytes = 1 << 30;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, MailBatch? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (value is null)
        {
            ReferenceCodec.WriteNullReference(ref writer, fieldIdDelta);
            return;
        }

        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(MailBatch), WireType.LengthPrefixed);
        Span<byte> listen = stackalloc byte[Encoding.UTF8.GetMaxByteCount(value.Listen.Length)];
        listen = listen[..Encoding.UTF8.GetBytes(value.Listen, listen)];
        writer.WriteVarUInt32((uint)(HeaderBytes + listen.Length + (4 * value.Count) + value.Length + _self.Value.Length));

        Span<byte> header = stackalloc byte[HeaderBytes];
        value.Id.WriteTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[BatchId.SizeInBytes..], checked((ushort)listen.Length));
        BinaryPrimitives.WriteInt32LittleEndian(header[(BatchId.SizeInBytes + 2)..], value.Count);
        BinaryPrimitives.WriteInt32LittleEndian(header[(BatchId.SizeInBytes + 6)..], value.Length);
        writer.Write(header);
        writer.Write(listen);
        foreach (var end in value.Ends.Span)
        {
            writer.WriteInt32(end);
        }

        writer.Write(value.Packages.Span);
        writer.Write(_self.Value);
    }

    public MailBatch ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.WireType == WireType.Reference)
        {
            return ReferenceCodec.ReadReference<MailBatch, TInput>(ref reader, field)!;
        }

        ReferenceCodec.MarkValueField(reader.Session);
        var total = reader.ReadVarUInt32();
        Span<byte> header = stackalloc byte[HeaderBytes];
        reader.ReadBytes(header);
        var id = BatchId.ReadFrom(header);
        var listenLength = BinaryPrimitives.ReadUInt16LittleEndian(header[BatchId.SizeInBytes..]);
        var count = BinaryPrimitives.ReadInt32LittleEndian(header[(BatchId.SizeInBytes + 2)..]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(header[(BatchId.SizeInBytes + 6)..]);
        var more = total - HeaderBytes - listenLength - (4L * count) - length;
        if (count <= 0 || length < 0 || total > MaxBytes || more < 0)
        {
            throw new InvalidDataException($"A batch of {total} bytes cannot hold {count} packages in {length} bytes.");
        }

        Span<byte> listen = stackalloc byte[listenLength];
        reader.ReadBytes(listen);
        var ends = ArrayPool<int>.Shared.Rent(count);
        var previous = 0;
        for (var i = 0; i < count; i++)
        {
            var end = reader.ReadInt32();
            if (end <= previous || end > length)
            {
                ArrayPool<int>.Shared.Return(ends);
                throw new InvalidDataException($"Package {i} of the batch ends at {end}, behind {previous} of {length} bytes.");
            }

            ends[i] = previous = end;
        }

        var packages = ArrayPool<byte>.Shared.Rent(length);
        reader.ReadBytes(packages.AsSpan(0, length));
        return new MailBatch(id, Encoding.UTF8.GetString(listen), packages, length, ends, count, isReceived: true, ReadSilo(ref reader, more));
    }

    private static byte[] Written(string silo) => [checked((byte)silo.Length), .. Encoding.ASCII.GetBytes(silo)];

    private SiloAddress? ReadSilo<TInput>(ref Reader<TInput> reader, long length)
    {
        if (length == 0)
        {
            return null;
        }

        Span<byte> octets = stackalloc byte[byte.MaxValue];
        Span<char> text = stackalloc char[byte.MaxValue];
        var siloLength = reader.ReadByte();
        length -= 1 + siloLength;
        if (length < 0)
        {
            throw new InvalidDataException($"A batch ends {-length} bytes before the silo that it entered at.");
        }

        reader.ReadBytes(octets[..siloLength]);
        text = text[..Encoding.ASCII.GetChars(octets[..siloLength], text)];
        while (length > 0)
        {
            var part = octets[..(int)Math.Min(length, octets.Length)];
            reader.ReadBytes(part);
            length -= part.Length;
        }

        if (!_silos.TryGetValue(text, out var silo))
        {
            silo = SiloAddress.FromParsableString(text.ToString());
            _silos[text] = silo;
        }

        return silo;
    }
}

/// <summary>A batch is immutable: its copy inside a process is itself.</summary>
[RegisterCopier]
internal sealed class MailBatchCopier : IDeepCopier<MailBatch>
{
    public MailBatch? DeepCopy(MailBatch? input, CopyContext context) => input;
}
