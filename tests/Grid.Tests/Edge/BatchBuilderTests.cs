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
