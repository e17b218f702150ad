using System.Globalization;
using System.Net;
using System.Text;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>Peer scopes, pathways, and what of Momentum's is passed over.</summary>
public sealed class ScopeTests
{
    private const string Listener = "ECStream_Listener { Listen \":1825\" { } }\n";
    private const string Only = "; only ECStream_Idle_Time and ECStream_Max_Batch_Size are";

    [Fact]
    public void Peer_OfOneBlockInAnySpelling_IsOneScope()
    {
        var configuration = Load("""
            ECStream_Listener {
              Listen ":1825" { Peer "[2001:DB8::]/32" { ECStream_Idle_Time = 10 ECStream_Max_Batch_Size = 1 } }
              Listen ":1825" { peer "2001:db8:0::/32" { ECStream_Idle_Time = 20 } }
              Peer "::ffff:10.0.0.1" { }
            }
            ECStream_Listener { Peer "10.0.0.1/32" { ECStream_Max_Batch_Size = 7 } }
            """);

        var peer = Assert.Single(configuration.Listens[0].Peers.Entries);
        Assert.Equal(new PolicyLevel(@"ECStream_Listener::Listen:\:1825:Peer:2001\:db8\:\:/32:", TimeSpan.FromSeconds(20), 1), peer.Value);
        Assert.Equal(new PolicyLevel("ECStream_Listener::Peer:10.0.0.1:", null, 7), Assert.Single(configuration.Peers.Entries).Value);
    }

    [Fact]
    public void Peer_WithHostBits_IsMaskedWithAWarningAtItsPlace() =>
        Assert.Equal(
            ["f:2:26: warning: Peer 10.1.2.3/8 is read as 10.0.0.0/8: bits beyond the prefix are cleared"],
            Said(Listener + "ECStream_Listener { Peer \"10.1.2.3/8\" { } }"));

    [Theory]
    [InlineData("Peer { }", "f:2:21: error: Peer needs an address or a block of addresses, as in Peer \"10.0.0.0/8\" { }")]
    [InlineData("Peer \"10.0.0.0/40\" { ECStream_Idle_Time = 0 }", "f:2:26: error: unable to parse Peer 10.0.0.0/40: '40' is not a prefix length; expected a number from 0 to 32; expected for example \"10.0.0.1\", \"10.0.0.0/8\" or \"2001:db8::/32\"\nf:2:63: error: ECStream_Idle_Time: expected an integer from 1 to 86400 (seconds), found '0'")]
    [InlineData("Peer = 10.0.0.1", "f:2:21: error: 'Peer' is a scope, not an option; expected '{'")]
    [InlineData("Peer \"10.0.0.1\" { Use_SSL = true }", "f:2:39: error: 'Use_SSL' is not valid in an ECStream Peer" + Only)]
    [InlineData("Peer \"10.0.0.1\" { Pathway = x }", "f:2:39: error: 'Pathway' is not valid in an ECStream Peer" + Only)]
    [InlineData("Peer \"10.0.0.1\" { Gateway = x }", "f:2:39: error: 'Gateway' is not valid in an ECStream Peer" + Only)]
    [InlineData("Peer \"10.0.0.1\" { Context = [ a = b ] }", "f:2:39: error: 'Context' is not valid in an ECStream Peer" + Only)]
    [InlineData("Peer \"10.0.0.1\" { Listen \":1\" { } }", "f:2:39: error: 'Listen' is not valid in the Peer scope; its place is ECStream_Listener")]
    [InlineData("Peer \"10.0.0.1\" { ECStream_Idel_Time = 3 }", "f:2:39: error: 'ECStream_Idel_Time' is not a valid option name in the Peer scope; did you mean 'ECStream_Idle_Time'?")]
    public void Peer_ThatCannotTakeEffect_IsRefused(string peer, string errors)
    {
        Assert.Equal(errors.Split('\n'), Said($"{Listener}ECStream_Listener {{ {peer} }}"));
        Assert.Equal(
            errors.Split('\n').Select(e => e.Split(": error")[1]),
            Said($"{Listener}ECStream_Listener {{ Listen \":1825\" {{ {peer} }} }}").Select(e => e.Split(": error")[1]));
    }

    [Theory]
    [InlineData("Use_SSL = true", "f:2:39: warning: 'Use_SSL' ignored: not valid in an ECStream Peer")]
    [InlineData("Pathway = nowhere", "f:2:39: warning: 'Pathway' ignored: not valid in an ECStream Peer")]
    [InlineData("ECStream_Idel_Time = 3", "f:2:39: error: 'ECStream_Idel_Time' is not a valid option name in the Peer scope; did you mean 'ECStream_Idle_Time'?")]
    [InlineData("ECStream_Idle_Time = 0", "f:2:60: error: ECStream_Idle_Time: expected an integer from 1 to 86400 (seconds), found '0'")]
    public void Peer_InLenientMode_IgnoresWhatIsKnownAloud(string option, string said) =>
        Assert.Equal([said], Said($"{Listener}ECStream_Listener {{ Peer \"10.0.0.1\" {{ {option} }} }}", ConfigStrictness.Lenient));

    [Fact]
    public void LenientMode_IsNotForOptionsOutsideOfPeer() =>
        Assert.Equal(
            ["f:2:21: error: 'Max_Message_Size' is known to Momentum but not supported by this version"],
            Said(Listener + "ECStream_Listener { Max_Message_Size = 1 }", ConfigStrictness.Lenient));

    [Theory]
    [InlineData("site_policy \"x\" { a = 1 b { c = ( 2 ) } }", "error: 'site_policy' is not a valid scope name in the Global scope; if it is a module of Momentum, Grid:Strict=false passes over it", "warning: site_policy \"x\" skipped: unknown here; if it is a module of Momentum, it has no effect on the ECStream listener")]
    [InlineData("Pathwy { }", "error: 'Pathwy' is not a valid scope name in the Global scope; did you mean 'Pathway'?", null)]
    [InlineData("Event_Lop { }", "error: 'Event_Lop' is not a valid scope name in the Global scope; did you mean 'EventLoop'?", null)]
    [InlineData("Custom_Loger { }", "error: 'Custom_Loger' is not a valid scope name in the Global scope; did you mean 'Custom_Logger'?", "warning: Custom_Loger skipped: unknown here; if it is a module of Momentum, it has no effect on the ECStream listener")]
    [InlineData("Gateway { }", "error: 'Gateway' is an option, not a scope; expected '=' and a value", null)]
    [InlineData("Listen \":1\" { }", "error: 'Listen' is not valid in the Global scope; its place is ECStream_Listener", null)]
    [InlineData("site_policy = 1", "error: 'site_policy' is not a valid option name in the Global scope", null)]
    [InlineData("ECStream_Listener { site_policy { } }", "error: 'site_policy' is not a valid scope name in the ECStream_Listener scope", null)]
    public void Scope_ThatNobodyKnows_IsAModuleInLenientModeAlone(string text, string strict, string? lenient)
    {
        Assert.Equal(strict, After(Assert.Single(Said(Listener + text))));
        Assert.Equal(lenient ?? strict, After(Assert.Single(Said(Listener + text, ConfigStrictness.Lenient))));

        static string After(string said) => said[(said.IndexOf(": ", StringComparison.Ordinal) + 2)..];
    }

    [Fact]
    public void Pathway_OfAListen_ShadowsThatOfTheListener_AndDefaultIsNone()
    {
        var configuration = Load("""
            Pathway "a" { ECStream_Idle_Time = 1 }
            Pathway_Group "G" { ECStream_Max_Batch_Size = 5 Pathway "b" { ECStream_Idle_Time = 2 } }
            pathway_group "G" { pathway "b" { ECStream_Idle_Time = 3 } }
            ECStream_Listener {
              Pathway = "a"
              Listen ":1" { }
              Listen ":2" { Pathway = "b" }
              Listen ":3" { Pathway = "default" }
            }
            """);

        Assert.Equal([1, 3, 300], configuration.Listens.Select(l => l.IdleTime.Value.TotalSeconds));
        Assert.Equal(["Pathway:a:", "Pathway_Group:G:Pathway:b:", "default"], configuration.Listens.Select(l => l.IdleTime.Origin));
        Assert.Equal(new(5, "Pathway_Group:G:"), configuration.Listens[1].MaxBatchSize);
        var removed = PolicyEvaluator.Evaluate(configuration, OverrideSet.Empty, ":4", PeerId.Unix);
        Assert.Equal("Pathway:a:", removed.IdleTime.Origin);
    }

    [Theory]
    [InlineData("ECStream_Listener { Pathway = nowhere }", "f:2:31: error: Pathway: there is no Pathway \"nowhere\"")]
    [InlineData("Pathway p { } ECStream_Listener { Pathway = nowhere Pathway = p }", "f:2:45: error: Pathway: there is no Pathway \"nowhere\"")]
    [InlineData("Pathway p { } ECStream_Listener { Pathway = P }", "f:2:45: error: Pathway: there is no Pathway \"P\"")]
    [InlineData("ECStream_Listener { Pathway = ( a ) }", "f:2:31: error: Pathway: expected a string, found an array")]
    [InlineData("Pathway = p", "f:2:1: error: 'Pathway' is a scope, not an option; expected '{'")]
    [InlineData("ECStream_Listener { Pathway p { } }", "f:2:21: error: 'Pathway' is an option, not a scope; expected '=' and a value")]
    [InlineData("Pathway { }", "f:2:1: error: Pathway needs a name, as in Pathway \"bulk\" { }")]
    [InlineData("Pathway_Group { }", "f:2:1: error: Pathway_Group needs a name, as in Pathway_Group \"bulk\" { }")]
    [InlineData("Pathway default { }", "f:2:9: error: Pathway default cannot be set: what holds for the default pathway is set in the global scope")]
    [InlineData("Pathway_Group default { }", "f:2:15: error: Pathway_Group default cannot be set: what holds for the default pathway is set in the global scope")]
    [InlineData("Pathway /a/ { }", "f:2:9: error: Pathway needs a plain name; a regular expression is not accepted")]
    [InlineData("Pathway_Group \"/a/\" { }", "f:2:15: error: Pathway_Group needs a plain name; a regular expression is not accepted")]
    [InlineData("Pathway p { }\nPathway_Group g { Pathway p { } }", "f:3:27: error: duplicate pathway name 'p': it is also at f:2:9, in another place")]
    [InlineData("Pathway_Group g { Pathway p { } }\nPathway_Group h { Pathway p { } }", "f:3:27: error: duplicate pathway name 'p': it is also at f:2:27, in another place")]
    [InlineData("Pathway p { Pathway q { } }", "f:2:13: error: 'Pathway' is not valid in the Pathway scope; its place is ECStream_Listener or Global or Listen or Pathway_Group")]
    [InlineData("Pathway p { Idel_Time = 3 }", "f:2:13: error: 'Idel_Time' is not a valid option name in the Pathway scope; did you mean 'Idle_Time'?")]
    [InlineData("Pathway p { Spoolbase = \"x\" }", "f:2:13: error: 'Spoolbase' is known to Momentum but not supported by this version")]
    [InlineData("Pathway p { Inbound_Throttle_Messages = 3 } ECStream_Listener { Pathway = p }", "f:2:13: error: 'Inbound_Throttle_Messages' is known to Momentum but not supported by this version, and the ECStream_Listener names this pathway")]
    [InlineData("Pathway_Group g { Inbound_Throttle_Messages = 3 Pathway p { } } ECStream_Listener { Listen \":1\" { Pathway = p } }", "f:2:19: error: 'Inbound_Throttle_Messages' is known to Momentum but not supported by this version, and the ECStream_Listener names this pathway")]
    public void Pathway_ThatCannotTakeEffect_IsRefused(string text, string error) => Assert.Equal([error], Said(Listener + text));

    [Theory]
    [InlineData("Pathway p { Idle_Time = 3 }", "f:2:13: warning: Idle_Time skipped: not of the ECStream listener")]
    [InlineData("Pathway p { Use_SSL = true }", "f:2:13: warning: Use_SSL skipped: not of the ECStream listener")]
    [InlineData("Pathway_Group g { TLS_Key = x }", "f:2:19: warning: TLS_Key skipped: not of the ECStream listener")]
    [InlineData("Pathway_Group g { ECStream_Idle_Time = 3 }", "f:2:19: warning: ECStream_Idle_Time in a Pathway_Group takes effect here, but Momentum 4 may not recognise it there")]
    public void Pathway_WithWhatOthersUse_IsAWarning(string text, string warning) => Assert.Equal([warning], Said(Listener + text));

    [Fact]
    public void Pathway_ThatASyntaxErrorTookAway_IsNotMissed() =>
        Assert.Single(Said(Listener + "Pathway p q r { }\nECStream_Listener { Pathway = p }"));

    [Theory]
    [InlineData("ESMTP_Listener { Listen \":25\" { ECStream_Idel_Time = 3 Anything { } } }", "ESMTP_Listener skipped: not of the ECStream listener")]
    [InlineData("control_listener { }", "control_listener skipped: not of the ECStream listener")]
    [InlineData("Domain example.com { Max_Retries = 3 }", "Domain \"example.com\" skipped: not of the ECStream listener")]
    [InlineData("Domain example.com { Gateway = mx }", "Domain \"example.com\" skipped: delivery by domain or binding is not supported by this version; mail for it goes the global way")]
    [InlineData("Binding_Group g { Binding b { Domain d { delivery_method = \"ecstream\" } } }", "Binding_Group \"g\" skipped: delivery by domain or binding is not supported by this version; mail for it goes the global way")]
    [InlineData("Binding b { Delivery_Method = SMTP }", "Binding \"b\" skipped: not of the ECStream listener")]
    [InlineData("ThreadPool accept { Concurrency = 4 }", "ThreadPool \"accept\" skipped: not of the ECStream listener")]
    [InlineData("mail_loop \"mail_loop1\" { }", "mail_loop \"mail_loop1\" skipped: not of the ECStream listener")]
    [InlineData("Spoolbase = \"/var/spool\"", "Spoolbase skipped: not of the ECStream listener")]
    [InlineData("Relay_Hosts = ( 10.0.0.1 )", "Relay_Hosts skipped: not of the ECStream listener")]
    [InlineData("TLS_Certificate = \"x.pem\"", "TLS_Certificate skipped: no Listen of the ECStream listener has Use_SSL")]
    [InlineData("Inbound_Throttle_Messages = \"3/60\"", "Inbound_Throttle_Messages skipped: not supported for the ECStream listener by this version")]
    public void GlobalScope_WithWhatIsMomentumsAlone_SkipsItWithOneWarning(string text, string warning) =>
        Assert.Equal([$"f:2:1: warning: {warning}"], Said(Listener + text));

    [Fact]
    public void Skipping_BeyondAHundredWarnings_SaysThatThereAreMore()
    {
        var said = Said(Listener + string.Concat(Enumerable.Range(0, 150).Select(i => $"Domain d{i} {{ }}\n")));

        Assert.Equal(101, said.Length);
        Assert.Equal("f:102:1: warning: more than 100 warnings and remarks; the others are not shown", said[^1]);
    }

    [Fact]
    public void TenThousandPeers_BindAndAreFound_AndALookUpAllocatesItsResultAlone()
    {
        var text = new StringBuilder("ECStream_Listener { Listen \":1825\" { Peer \"10.0.0.0/8\" { ECStream_Max_Batch_Size = 3 }\n");
        for (var i = 0; i < 10_000; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"Peer \"10.{i / 250}.{i % 250}.0/24\" {{ ECStream_Idle_Time = {i + 1} }}\n");
        }

        var configuration = Load(text.Append("} }").ToString());
        var peer = PeerId.From(IPAddress.Parse("10.39.249.17"));
        var policy = PolicyEvaluator.Evaluate(configuration, OverrideSet.Empty, ":1825", peer);

        Assert.Equal(
            Allocations.Of(() => GC.KeepAlive(new EffectivePolicy(policy.IdleTime, policy.MaxBatchSize))),
            Allocations.Of(() => PolicyEvaluator.Evaluate(configuration, OverrideSet.Empty, ":1825", peer)));
        Assert.Equal(10_000, policy.IdleTime.Value.TotalSeconds);
        Assert.Equal(new(3, @"ECStream_Listener::Listen:\:1825:Peer:10.0.0.0/8:"), policy.MaxBatchSize);
    }

    [Fact]
    public void MatchesPeerScope_CountsThePeersOfTheListenAndOfAll_WhateverTheySet()
    {
        var configuration = Load("ECStream_Listener { Peer \"10.0.0.0/8\" { } Listen \":1\" { Peer \"::1\" { } } Listen \":2\" { } }");

        Assert.True(Matches(":1", "10.1.1.1"));
        Assert.True(Matches("*:2", "10.1.1.1"));
        Assert.True(Matches(":3", "10.1.1.1"));
        Assert.True(Matches("*:1", "::1"));
        Assert.True(Matches(":1", "unix"));
        Assert.False(Matches(":2", "::1"));
        Assert.False(Matches(":2", "unix"));
        Assert.False(Matches(":3", "11.1.1.1"));

        bool Matches(string listen, string text)
        {
            Assert.True(PeerId.TryParse(text, out var peer));
            return PolicyEvaluator.MatchesPeerScope(configuration, OverrideSet.Empty, listen, peer);
        }
    }

    [Theory]
    [InlineData("Peer \"10.0.0.1\" { ECStream_Idle_Time = 1 }", "Peer \"10.0.0.2\" { ECStream_Idle_Time = 1 }")]
    [InlineData("Peer \"10.0.0.1\" { ECStream_Idle_Time = 1 }", "Peer \"10.0.0.1\" { ECStream_Idle_Time = 2 }")]
    [InlineData("Listen \":1825\" { Peer \"10.0.0.1\" { } }", "Listen \":1825\" { }")]
    [InlineData("Pathway = p", "")]
    [InlineData("Listen \":1825\" { Pathway = p }", "")]
    public void OtherPeersOrPathways_AreAnotherConfiguration(string one, string other)
    {
        var text = Listener + "Pathway p { } ECStream_Listener { ";

        Assert.NotEqual(Load($"{text}{one} }}"), Load($"{text}{other} }}"));
        Assert.Equal(Load($"{text}{one} }}"), Load($"{text}{one} }}"));
        Assert.Equal(Load($"{text}{one} }}").GetHashCode(), Load($"{text}{one} }}").GetHashCode());
    }

    private static GridConfiguration Load(string text)
    {
        var result = ConfigurationLoader.Parse(text, "f");
        Assert.True(result.Configuration is not null, string.Join('\n', result.Diagnostics));
        return result.Configuration;
    }

    private static string[] Said(string text, ConfigStrictness strictness = ConfigStrictness.Strict) =>
        [.. ConfigurationLoader.Parse(text, "f", strictness).Diagnostics.Select(d => d.ToString())];
}
