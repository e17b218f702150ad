using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace EcStreamOrleans.Grid.Tests.Grains;

public sealed class MailBatchCodecTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5_000)]
    public void ABatch_CrossesTheWire(int messages)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var batch = PeerGrainTests.Batch(new BatchId(Guid.NewGuid(), 42), messages);

        var received = serializer.Deserialize<MailBatch>(serializer.SerializeToArray(batch))!;

        Assert.Equal(batch.Id, received.Id);
        Assert.Equal(batch.Listen, received.Listen);
        Assert.Equal(batch.Ends.ToArray(), received.Ends.ToArray());
        Assert.True(batch.Packages.Span.SequenceEqual(received.Packages.Span));
        Assert.True(received.IsReceived);
        Assert.False(batch.IsReceived);
        Assert.Null(received.EnteredAt);
    }

    [Fact]
    public void ASiloThatSendsABatch_SaysWhoItIs_AndAnEdgeReadsItToo()
    {
        var silo = SiloAddress.New(System.Net.IPAddress.Parse("10.0.0.7"), 11_111, 42);
        using var services = new ServiceCollection().AddSerializer().AddSingleton<ILocalSiloDetails>(new Details(silo)).BuildServiceProvider();
        var sent = services.GetRequiredService<Serializer>().SerializeToArray(PeerGrainTests.Batch(new BatchId(Guid.NewGuid(), 42), 3));

        foreach (var reader in new[] { services, _services })
        {
            var received = reader.GetRequiredService<Serializer>().Deserialize<MailBatch>(sent)!;
            Assert.Equal(silo, received.EnteredAt);
            Assert.Equal(3, received.Count);
        }
    }

    [Fact]
    public void ACopyInTheProcess_IsTheBatchItself()
    {
        var batch = PeerGrainTests.Batch(new BatchId(Guid.NewGuid(), 1), 1);

        Assert.Same(batch, _services.GetRequiredService<DeepCopier>().Copy(batch));
    }

    [Fact]
    public void FlippedOctets_AreRefusedOrReadAsSomethingSound_AndNeverTakeMemoryByAClaim()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var octets = serializer.SerializeToArray(PeerGrainTests.Batch(new BatchId(new Guid(1, 2, 3, new byte[8]), 1), 3));
        for (var at = 0; at < Math.Min(octets.Length, 120); at++)
        {
            foreach (var value in new byte[] { 0, 1, 0x7f, 0xff })
            {
                var broken = octets.ToArray();
                broken[at] = value;
                var before = GC.GetAllocatedBytesForCurrentThread();
                try
                {
                    var batch = serializer.Deserialize<MailBatch>(broken);
                    Assert.True(batch is null || batch.Length >= batch.Ends.Span[^1]);
                }
                catch (Exception error) when (error is not Xunit.Sdk.XunitException)
                {
                    // Refused, whatever the serializer calls it.
                }

                Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 10_000_000, $"octet {at} = {value} took memory by its claim");
            }
        }
    }

    private sealed class Details(SiloAddress silo) : ILocalSiloDetails
    {
        public string Name => "silo";

        public string ClusterId => "";

        public string DnsHostName => "";

        public SiloAddress SiloAddress => silo;

        public SiloAddress GatewayAddress => silo;
    }
}
