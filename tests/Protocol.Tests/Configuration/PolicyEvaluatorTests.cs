using System.Globalization;
using System.Net;
using CsCheck;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

public sealed class PolicyEvaluatorTests
{
    private static readonly PeerId Peer = PeerId.From(IPAddress.Parse("10.0.0.1"));

    private static readonly string[] Origins = [@"ECStream_Listener::Peer:10.0.0.1: (override)", @"ECStream_Listener::Listen:\:1825:", "ECStream_Listener::", "Global"];

    private static readonly Gen<int?[]> Settings = Gen.OneOf(Gen.Const((int?)null), Gen.Int[1, 86_400].Select(i => (int?)i)).Array[4];

    [Fact]
    public void Evaluate_AnyCombination_TakesTheInnermostThatIsSet() =>
        Gen.Select(Settings, Settings).Sample((idle, batch) =>
        {
            var text = $"{Options(3)} ECStream_Listener {{ {Options(2)} Listen \":1825\" {{ {Options(1)} }} }}";
            var configuration = ConfigurationLoader.Parse(text, "f").Configuration!;
            Assert.True(PeerScope.TryParse(null, "10.0.0.1", out var scope, out _));
            var overrides = OverrideSet.Empty.With(
                1, [KeyValuePair.Create(scope, new PeerOverride { IdleTime = idle[0] is { } s ? TimeSpan.FromSeconds(s) : null, MaxBatchSize = batch[0] })]);

            var policy = PolicyEvaluator.Evaluate(configuration, overrides, ":1825", Peer);

            Assert.Equal(Naive(idle, 300), (policy.IdleTime.Value.TotalSeconds, policy.IdleTime.Origin));
            Assert.Equal(Naive(batch, 10_000), (policy.MaxBatchSize.Value, policy.MaxBatchSize.Origin));
            var listen = PolicyEvaluator.Evaluate(configuration, OverrideSet.Empty, "*:1825", Peer);
            Assert.Equal(configuration.Listens[0].IdleTime, listen.IdleTime);
            Assert.Equal(configuration.Listens[0].MaxBatchSize, listen.MaxBatchSize);

            string Options(int level) => string.Create(
                CultureInfo.InvariantCulture,
                $"{(idle[level] is { } i ? $"ECStream_Idle_Time = {i}" : "")} {(batch[level] is { } b ? $"ECStream_Max_Batch_Size = {b}" : "")}");
        });

    [Theory]
    [InlineData("[0:0:0:0:0:0:0:1]:1825", 10)]
    [InlineData("[::1]:1825", 10)]
    [InlineData("[::1]:1826", 20)]
    [InlineData("nonsense", 20)]
    public void Evaluate_AddressInAnySpelling_FindsItsListenOrFallsBack(string address, int seconds)
    {
        var configuration = ConfigurationLoader.Parse(
            "ECStream_Listener { ECStream_Idle_Time = 20 Listen \"[::1]:1825\" { ECStream_Idle_Time = 10 } }", "f").Configuration!;

        Assert.Equal(TimeSpan.FromSeconds(seconds), PolicyEvaluator.Evaluate(configuration, OverrideSet.Empty, address, Peer).IdleTime.Value);
    }

    private static (double, string) Naive(int?[] settings, int byDefault)
    {
        var set = Array.FindIndex(settings, s => s is not null);
        return set < 0 ? (byDefault, "default") : (settings[set]!.Value, Origins[set]);
    }
}
