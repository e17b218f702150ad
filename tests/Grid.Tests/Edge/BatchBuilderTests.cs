using System.Buffers;
using EcStreamOrleans.Edge;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Grid.Tests.Edge;

/// <summary>What a batch costs the collector: itself, and nothing by the message.</summary>
public sealed class BatchBuilderTests
{
    private readonly byte[] _package = RawClient.Package(new string('x', 1_000));

    [Fact]
    public void ABatch_AllocatesItselfAlone_HoweverManyMessagesAreInIt()
    {
        using var builder = new BatchBuilder(EcStreamCodec.Instance, FramingLimits.Default);
        var one = Allocations.Of(() => Build(builder, messages: 1));
        var thousand = Allocations.Of(() => Build(builder, messages: 1_000));

        Assert.InRange(one, 1, 128);
        Assert.Equal(one, thousand);
    }

    [Fact]
    public void ABigBatch_KnowsTheSumOfItsPackages_AlsoWhereSomeWereTakenOut()
    {
        using var builder = new BatchBuilder(EcStreamCodec.Instance, FramingLimits.Default);
        for (var i = 0; i < 60; i++)
        {
            builder.Write(i % 7 == 3 ? "3:abc,"u8 : _package);
            Assert.Equal(i % 7 == 3, builder.EndPackage().Kind != PackageFaultKind.None);
        }

        builder.Write(_package.AsSpan(0, 500));
        builder.DropPart();
        var batch = builder.Close(new BatchId(Guid.Empty, 1), ":1825").Batch!;
        Assert.Equal(Crc32C.Update(0, batch.Packages.Span), batch.Checksum);
        batch.Release();
    }

    [Fact]
    public void ASmallBatch_IsLeftToTheSpoolToSumUp()
    {
        using var builder = new BatchBuilder(EcStreamCodec.Instance, FramingLimits.Default);
        builder.Write(_package);
        builder.EndPackage();
        var batch = builder.Close(new BatchId(Guid.Empty, 1), ":1825").Batch!;
        Assert.Null(batch.Checksum);
        batch.Release();
    }

    private void Build(BatchBuilder builder, int messages)
    {
        for (var i = 0; i < messages; i++)
        {
            builder.Write(_package);
            if (builder.EndPackage().Kind != PackageFaultKind.None)
            {
                throw new InvalidOperationException("The package is refused.");
            }
        }

        builder.Close(new BatchId(Guid.Empty, 1), ":1825").Batch!.Release();
    }
}
