using System.Globalization;
using System.Net;
using System.Text;
using CsCheck;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>Holds the evaluator, from the text of a file on, against the rules as they are written down.</summary>
public sealed class FallbackPropertyTests
{
    private static readonly Values Nothing = new(null, null);

    private const string Listen = @"ECStream_Listener::Listen:\:1825:";

    private static readonly string[] Blocks =
    [
        "0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/16", "10.0.0.1", "127.0.0.0/8", "127.0.0.1", "::/0", "2001:db8::/32", "2001:db8::1", "::1",
    ];

    private static readonly string[] Peers =
        ["10.0.0.1", "10.0.0.2", "10.1.0.1", "11.0.0.1", "127.0.0.1", "127.0.0.2", "2001:db8::1", "2001:db8::2", "2001:db9::1", "::1", "unix"];

    private static readonly Gen<int?> Setting = Gen.Bool.SelectMany(set => set ? Gen.Int[1, 86_400].Select(i => (int?)i) : Gen.Const((int?)null));

    private static readonly Gen<Values> SomeValues = Gen.Select(Setting, Setting, (idle, batch) => new Values(idle, batch));

    private static readonly Gen<(bool Exists, Values Values)[]> SomePeers = Gen.Select(Gen.Bool, SomeValues).Array[Blocks.Length];

    private static readonly Gen<Site> Sites = Gen.Select(
        SomePeers, SomePeers, SomePeers, SomePeers, SomeValues.Array[5], Gen.Int[0, 2], Gen.Int[0, 3],
        (listenPeers, listenerPeers, setInListen, setInListener, values, pathway, named) =>
            new Site(listenPeers, listenerPeers, setInListen, setInListener, values, pathway, named));

    [Fact]
    public void Evaluate_AnySite_TakesEachOptionFromTheFirstScopeThatSetsIt() =>
        Gen.Select(Sites, Gen.Int[0, Peers.Length - 1]).Sample(
            (site, index) =>
            {
                var result = ConfigurationLoader.Parse(site.Text, "f");
                Assert.True(result.Configuration is not null, string.Join('\n', result.Diagnostics));
                Assert.True(PeerId.TryParse(Peers[index], out var peer));
                var overrides = site.Overrides;

                var policy = PolicyEvaluator.Evaluate(result.Configuration, overrides, "*:1825", peer);

                var scopes = site.Candidates(Peers[index]).ToArray();
                Assert.Equal(First(scopes, v => v.Idle, 300), (policy.IdleTime.Value.TotalSeconds, policy.IdleTime.Origin));
                Assert.Equal(First(scopes, v => v.Batch, 10_000), (policy.MaxBatchSize.Value, policy.MaxBatchSize.Origin));
                var matches = Matching(site.ListenPeers, Peers[index])
                    .Concat(Matching(site.ListenerPeers, Peers[index]))
                    .Concat(Matching(site.SetInListen, Peers[index]).Where(i => site.SetInListen[i].Values != Nothing))
                    .Concat(Matching(site.SetInListener, Peers[index]).Where(i => site.SetInListener[i].Values != Nothing));
                Assert.Equal(matches.Any(), PolicyEvaluator.MatchesPeerScope(result.Configuration, overrides, ":1825", peer));
            },
            iter: 2_000);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void ConfigEval_AnySite_SaysWhatTheEvaluatorDoes(bool isLive) =>
        Gen.Select(Sites, Gen.Int[0, Peers.Length - 1], Gen.Int[0, 2]).Sample(
            (site, index, place) =>
            {
                var result = ConfigurationLoader.Parse(site.Text, "f");
                Assert.True(PeerId.TryParse(Peers[index], out var peer));
                var listen = place == 0 ? "*:1825" : ":9999";
                string[] scopes = place == 2
                    ? ["ECStream_Listener", "Peer", Peers[index]]
                    : ["ecstream_listener", "listen", listen, "peer", Peers[index]];
                var overrides = isLive ? site.Overrides : OverrideSet.Empty;
                var view = new ConfigView(result.Document!, overrides);

                var policy = PolicyEvaluator.Evaluate(result.Configuration!, overrides, listen, peer);

                Assert.Equal(Evaluated("ECStream_Idle_Time", (int)policy.IdleTime.Value.TotalSeconds, policy.IdleTime.Origin), view.Eval([.. scopes, "ecstream_idle_time"]).Text);
                Assert.Equal(Evaluated("ECStream_Max_Batch_Size", policy.MaxBatchSize.Value, policy.MaxBatchSize.Origin), view.Eval([.. scopes, "ECStream_Max_Batch_Size"]).Text);
            },
            iter: 2_000);

    [Fact]
    public void Writeback_AnySite_IsAFileThatDecidesAsTheRunningNodeDoes() =>
        Gen.Select(Sites, Gen.Int[0, Peers.Length - 1]).Sample(
            (site, index) =>
            {
                var running = ConfigurationLoader.Parse(site.Text, "f");
                Assert.True(PeerId.TryParse(Peers[index], out var peer));

                var text = ConfigWriteback.Render(running.Document!, site.Overrides, ["a\nb = 1"]);

                var written = ConfigurationLoader.Parse(text, "written");
                Assert.True(written.Configuration is not null, string.Join('\n', written.Diagnostics));
                Assert.Equal(Decide(running.Configuration!, site.Overrides, peer), Decide(written.Configuration, OverrideSet.Empty, peer));
                Assert.Equal(running.Configuration!.Listens.Length, written.Configuration.Listens.Length);
            },
            iter: 2_000);

    private static (TimeSpan IdleTime, int MaxBatchSize, bool IsHeld) Decide(GridConfiguration configuration, OverrideSet overrides, PeerId peer)
    {
        var policy = PolicyEvaluator.Evaluate(configuration, overrides, ":1825", peer);
        return (policy.IdleTime.Value, policy.MaxBatchSize.Value, PolicyEvaluator.MatchesPeerScope(configuration, overrides, ":1825", peer));
    }

    private static string Evaluated(string option, int value, string origin) => string.Create(
        CultureInfo.InvariantCulture, $"{option} = {value}  # {(origin == PolicyEvaluator.DefaultOrigin ? origin : $"from {origin}")}");

    private static (double, string) First((string Origin, Values Values)[] scopes, Func<Values, int?> option, int byDefault)
    {
        foreach (var (origin, values) in scopes)
        {
            if (option(values) is { } value)
            {
                return (value, origin);
            }
        }

        return (byDefault, "default");
    }

    // The indices of the blocks, longest prefix first; a Unix socket is 127.0.0.1, then ::1.
    private static IEnumerable<int> Matching((bool Exists, Values Values)[] peers, string peer) =>
        peer == "unix"
            ? Matching(peers, "127.0.0.1").Concat(Matching(peers, "::1"))
            : Enumerable.Range(0, peers.Length)
                .Where(i => peers[i].Exists && Holds(Blocks[i], peer))
                .OrderByDescending(i => Prefix(Blocks[i]).Length);

    private static bool Holds(string block, string address) =>
        block.Contains(':', StringComparison.Ordinal) == address.Contains(':', StringComparison.Ordinal)
        && Bits(address).StartsWith(Prefix(block), StringComparison.Ordinal);

    private static string Prefix(string block)
    {
        var parts = block.Split('/');
        return parts.Length == 1 ? Bits(block) : Bits(parts[0])[..int.Parse(parts[1], CultureInfo.InvariantCulture)];
    }

    private static string Bits(string address) =>
        string.Concat(IPAddress.Parse(address).GetAddressBytes().Select(b => b.ToString("b8", CultureInfo.InvariantCulture)));

    private sealed record Values(int? Idle, int? Batch)
    {
        public override string ToString() => string.Create(
            CultureInfo.InvariantCulture,
            $"{(Idle is { } i ? $"ECStream_Idle_Time = {i} " : "")}{(Batch is { } b ? $"ECStream_Max_Batch_Size = {b} " : "")}");
    }

    /// <param name="ListenPeers">Which blocks have a Peer scope in the Listen.</param>
    /// <param name="ListenerPeers">Which have one in the ECStream_Listener.</param>
    /// <param name="SetInListen">Where something is set while the grid runs, in the Listen.</param>
    /// <param name="SetInListener">The same in the ECStream_Listener.</param>
    /// <param name="Values">Of the Listen, the ECStream_Listener, the pathway, its group, the global scope.</param>
    /// <param name="Pathway">0: none; 1: in the global scope; 2: in a group.</param>
    /// <param name="Named">Bit 0: the ECStream_Listener names the pathway; bit 1: the Listen does.</param>
    private sealed record Site(
        (bool Exists, Values Values)[] ListenPeers,
        (bool Exists, Values Values)[] ListenerPeers,
        (bool Exists, Values Values)[] SetInListen,
        (bool Exists, Values Values)[] SetInListener,
        Values[] Values,
        int Pathway,
        int Named)
    {
        // In two steps, and with something that is taken back: a set made of another one is a set like any.
        public OverrideSet Overrides => OverrideSet.Empty
            .With(1, [.. Scopes(SetInListen, ":1825"), KeyValuePair.Create(Scope("", "10.0.0.0/9"), new PeerOverride { MaxBatchSize = 1 })])
            .With(2, [.. Scopes(SetInListener, ""), KeyValuePair.Create(Scope("", "10.0.0.0/9"), PeerOverride.None)]);

        public string Text
        {
            get
            {
                var pathway = $"Pathway p {{ {Values[2]} }}";
                return new StringBuilder()
                    .Append(Values[4])
                    .Append(Pathway switch { 1 => pathway, 2 => $"Pathway_Group g {{ {Values[3]} {pathway} }}", _ => "" })
                    .Append($" ECStream_Listener {{ {Values[1]} {Name(1)} {Scopes(ListenerPeers)}")
                    .Append($" Listen \":1825\" {{ {Scopes(ListenPeers)} {Values[0]} {Name(2)} }} }}")
                    .ToString();

                string Name(int bit) => Pathway > 0 && (Named & bit) != 0 ? "Pathway = p" : "";
            }
        }

        public IEnumerable<(string Origin, Values Values)> Candidates(string peer)
        {
            foreach (var candidate in Peers(SetInListen, ListenPeers, @"ECStream_Listener::Listen:0.0.0.0\:1825:", Listen).Concat(
                Peers(SetInListener, ListenerPeers, "ECStream_Listener::", "ECStream_Listener::")))
            {
                yield return candidate;
            }

            yield return (Listen, Values[0]);
            yield return ("ECStream_Listener::", Values[1]);
            if (Pathway > 0 && Named > 0)
            {
                yield return (Pathway == 1 ? "Pathway:p:" : "Pathway_Group:g:Pathway:p:", Values[2]);
            }

            if (Pathway == 2 && Named > 0)
            {
                yield return ("Pathway_Group:g:", Values[3]);
            }

            yield return ("Global", Values[4]);

            // Block by block, and at each what is set while the grid runs before what the file sets.
            IEnumerable<(string, Values)> Peers((bool Exists, Values Values)[] set, (bool Exists, Values Values)[] file, string setIn, string fileIn) =>
                from i in Matching([.. Enumerable.Range(0, Blocks.Length).Select(i => (true, Nothing))], peer)
                from candidate in new[]
                {
                    (Exists: set[i].Exists, Origin: $"{setIn}Peer:{Escaped(Blocks[i])}: (override)", set[i].Values),
                    (Exists: file[i].Exists, Origin: $"{fileIn}Peer:{Escaped(Blocks[i])}:", file[i].Values),
                }
                where candidate.Exists
                select (candidate.Origin, candidate.Values);
        }

        private static string Escaped(string instance) => instance.Replace(":", @"\:", StringComparison.Ordinal);

        private static PeerScope Scope(string listen, string block)
        {
            Assert.True(PeerScope.TryParse(listen, block, out var scope, out var error), error);
            return scope;
        }

        private static IEnumerable<KeyValuePair<PeerScope, PeerOverride>> Scopes((bool Exists, Values Values)[] set, string listen) =>
            from i in Enumerable.Range(0, Blocks.Length)
            where set[i].Exists
            let idle = set[i].Values.Idle is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null
            select KeyValuePair.Create(Scope(listen, Blocks[i]), new PeerOverride { IdleTime = idle, MaxBatchSize = set[i].Values.Batch });

        private static string Scopes((bool Exists, Values Values)[] peers) =>
            string.Join(' ', peers.Select((p, i) => p.Exists ? $"Peer \"{Blocks[i]}\" {{ {p.Values} }}" : ""));
    }
}
