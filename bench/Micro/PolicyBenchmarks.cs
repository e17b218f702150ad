using System.Globalization;
using System.Net;
using System.Text;
using BenchmarkDotNet.Attributes;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Micro;

/// <summary>What it costs to find the policy of a peer, which every new session does, and to read the file it is in.</summary>
[MemoryDiagnoser]
public class PolicyBenchmarks
{
    private const string Listen = ":1825";

    private string _text = "";
    private GridConfiguration _configuration = ConfigurationLoader.Default;
    private PeerId _inside;
    private PeerId _outside;

    [Params(10, 10_000)]
    public int Peers { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var text = new StringBuilder("ECStream_Listener { Listen \":1825\" { Peer \"10.0.0.0/8\" { ECStream_Max_Batch_Size = 3 }\n");
        for (var i = 0; i < Peers; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"Peer \"10.{i / 250}.{i % 250}.0/24\" {{ ECStream_Idle_Time = {i + 1} }}\n");
        }

        _text = text.Append("} }").ToString();
        _configuration = Read();
        _inside = PeerId.From(IPAddress.Parse("10.0.5.17"));
        _outside = PeerId.From(IPAddress.Parse("2001:db8::1"));
    }

    [Benchmark]
    public EffectivePolicy PeerInScopes() => PolicyEvaluator.Evaluate(_configuration, OverrideSet.Empty, Listen, _inside);

    [Benchmark]
    public EffectivePolicy PeerInNone() => PolicyEvaluator.Evaluate(_configuration, OverrideSet.Empty, Listen, _outside);

    [Benchmark]
    public bool Matches() => PolicyEvaluator.MatchesPeerScope(_configuration, OverrideSet.Empty, Listen, _inside);

    [Benchmark]
    public GridConfiguration Read() =>
        ConfigurationLoader.Parse(_text, "bench.conf").Configuration ?? throw new InvalidOperationException("The file is not valid.");
}
