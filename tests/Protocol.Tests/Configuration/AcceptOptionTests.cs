using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Protocol.Tests.Configuration;

/// <summary>How Listens accept, and from whom they take the true client's address.</summary>
public sealed class AcceptOptionTests
{
    private const string PoolName = "warning: Pool_Name: accepting runs on the runtime's shared pool; of the thread pool that is named only the Concurrency counts, as a cap on the listener's";

    [Fact]
    public void Pools_ThatListensName_CapThemAndGiveThemQueues_AndTheOthersArePassedOver()
    {
        var result = ConfigurationLoader.Parse(
            """
            ThreadPool accept { Concurrency = 1 Stack_Size = 65536 }
            threadpool "accept" { concurrency = 4 Backlog = 3 }
            ThreadPool Accept { Anything = ( 1 ) }
            EventLoop loop { Concurrency = 8 }
            EventLoop spare { Concurrency = none }
            ECStream_Listener {
              Pool_Name = accept
              Listen ":1" { Concurrency = 16 }
              Listen ":2" { Concurrency = 3 Event_Loop = loop }
              Listen ":3" { Pool_Name = CPU Concurrency = 1024 }
              Listen ":4" { }
            }
            """,
            "f");

        Assert.Equal(
            [new(4, null), new(3, new("loop", 8)), new(1024, null), new(0, null)],
            result.Configuration!.Listens.Select(l => l.Accept));
        Assert.Equal(
            [
                "f:1:37: warning: Stack_Size skipped: not of the ECStream listener",
                "f:2:39: warning: Backlog skipped: not of the ECStream listener",
                "f:3:1: warning: ThreadPool \"Accept\" skipped: not of the ECStream listener",
                "f:5:1: warning: EventLoop \"spare\" skipped: not of the ECStream listener",
                $"f:7:3: {PoolName}",
            ],
            result.Diagnostics.Select(d => d.ToString()));
    }

    [Theory]
    [InlineData("Pool_Name = nowhere Listen \":1\" { } Listen \":2\" { }", $"f:1:21: {PoolName}\nf:1:33: warning: thread pool nowhere doesn't exist in ECStream_Listener :1; the shared pool is used")]
    [InlineData("Event_Loop = nowhere Listen \":1\" { } Listen \":2\" { }", "f:1:34: error: event loop nowhere doesn't exist in ECStream_Listener :1")]
    [InlineData("Listen \":1\" { Event_Loop = LOOP } } EventLoop loop { ", "f:1:48: error: event loop LOOP doesn't exist in ECStream_Listener :1\nf:1:57: warning: EventLoop \"loop\" skipped: not of the ECStream listener")]
    [InlineData("Listen \":1\" { Concurrency = 1025 }", "f:1:49: error: Concurrency: expected an integer from 0 to 1024 (at once), found '1025'")]
    [InlineData("Listen \":1\" { Accept_Queue_Backlog = -1 }", "f:1:35: warning: Accept_Queue_Backlog: no effect: a connection is handed to its session the moment it is accepted, so that nothing queues in between\nf:1:58: error: Accept_Queue_Backlog: expected an integer of at least 0 (connections), found '-1'")]
    [InlineData("Listen \":1\" { Event_Loop = loop } } EventLoop loop { Concurrency = many Concurency = 3 a { } ", "f:1:88: error: Concurrency: expected an integer, found 'many'\nf:1:93: error: 'Concurency' is not a valid option name in the EventLoop scope; did you mean 'Concurrency'?\nf:1:108: error: 'a' is not a valid scope name in the EventLoop scope")]
    [InlineData("Listen \":1\" { ThreadPool x { } }", "f:1:35: error: 'ThreadPool' is not valid in the Listen scope; its place is Global")]
    [InlineData("Listen \":1\" { } } EventLoop { Concurrency = 4 ", "f:1:39: error: EventLoop needs a name, as in EventLoop \"pool\" { }")]
    [InlineData("Listen \":1\" { } } Concurrency = 4 ecstream { ", "f:1:39: error: 'Concurrency' is not valid in the Global scope; its place is ECStream_Listener or EventLoop or Listen or ThreadPool")]
    public void Accepting_ThatCannotBe_IsSaidWhereItStands(string text, string said) =>
        Assert.Equal(said.Split('\n'), ConfigurationLoader.Parse($"ECStream_Listener {{ {text} }}", "f").Diagnostics.Select(d => d.ToString()));

    [Fact]
    public void Pool_ThatASyntaxErrorTookAway_IsNotMissed() =>
        Assert.Single(
            ConfigurationLoader.Parse("EventLoop a b { }\nECStream_Listener { Listen \":1\" { Event_Loop = a } }", "f").Diagnostics,
            d => d.Severity == ConfigSeverity.Error);

    [Fact]
    public void ProxyProtocolFrom_FallsBackAsAWhole_AndAnEmptyArrayIsNobody()
    {
        var result = ConfigurationLoader.Parse(
            """
            ECStream_Listener {
              Proxy_Protocol_From = ( "10.0.0.4" "10.1.0.0/16", "::ffff:10.0.0.4" )
              Listen ":1" { }
              Listen ":2" { Proxy_Protocol_From = "[2001:db8::1]" }
              Listen ":3" { Proxy_Protocol_From = () }
              Listen ":4" { Proxy_Protocol_From = 10.2.0.1/16 }
            }
            """,
            "f");

        Assert.Equal(
            ["10.0.0.4, 10.1.0.0/16", "2001:db8::1", null, "10.2.0.0/16"],
            result.Configuration!.Listens.Select(l => l.Proxy is { } p ? string.Join(", ", p.From.Entries.Select(e => e.Value)) : null));
        Assert.Equal(
            ["f:6:39: warning: Proxy_Protocol_From 10.2.0.1/16 is read as 10.2.0.0/16: bits beyond the prefix are cleared", "f:6:39: info: '10.2.0.1/16' holds a '/': better put it in double quotes"],
            result.Diagnostics.Select(d => d.ToString()).Order(StringComparer.Ordinal).Reverse());
        Assert.Null(ConfigurationLoader.Default.Listens[0].Proxy);
    }

    [Theory]
    [InlineData("( 10.0.0.1 lb.example.com )", "f:1:54: error: unable to parse Proxy_Protocol_From lb.example.com: host names are not accepted; write an IP address; expected for example \"10.0.0.1\", \"10.0.0.0/8\" or \"2001:db8::/32\"")]
    [InlineData("\"\"", "f:1:43: error: unable to parse Proxy_Protocol_From : '' is not an IP address; expected for example \"10.0.0.1\", \"10.0.0.0/8\" or \"2001:db8::/32\"")]
    [InlineData("[ a = 10.0.0.1 ]", "f:1:43: error: Proxy_Protocol_From: expected an array of addresses and blocks, found a dictionary")]
    public void ProxyProtocolFrom_ThatIsNoBlock_IsAnErrorAtTheItem(string value, string error) =>
        Assert.Equal(
            [error],
            ConfigurationLoader.Parse($"ECStream_Listener {{ Proxy_Protocol_From = {value} Listen \":1\" {{ }} }}", "f").Diagnostics.Select(d => d.ToString()));

    [Fact]
    public void ProxyProtocolFrom_OutsideOfListeners_HasItsPlaceNamed() =>
        Assert.Equal(
            "f:1:1: error: 'Proxy_Protocol_From' is not valid in the Global scope; its place is ECStream_Listener or Listen",
            ConfigurationLoader.Parse("Proxy_Protocol_From = () ECStream_Listener { Listen \":1\" { } }", "f").Diagnostics[0].ToString());
}
