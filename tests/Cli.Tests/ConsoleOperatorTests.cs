using System.Net;
using System.Text;
using EcStreamOrleans.AdminApi;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Cli.Tests;

/// <summary>The commands about the node, its sessions and suspended peers.</summary>
public sealed class ConsoleOperatorTests
{
    private static readonly StatusReport Status = new(
        "node1", "0.1.0", FakeNode.Now, 100, true, [], [], new SessionCounts(2, 17, 1000, 3, 1), [],
        new PolicyReport(7, 2, null),
        new SpoolReport("s1", "/data/spool", true, null, 42, 7, 1 << 26, 61.5, 1, 2, 0),
        new RelayReport("delivering", "ECSTREAM", "gw", 950, 4, 5, 12, null, null))
    {
        Process = new ProcessReport(4711, "Linux 6.1", ".NET 10.0.0", 2, 1000, 2000),
    };

    [Fact]
    public async Task Summary_HasMomentumsLabels_RightAligned() => await SaysAsync(Node(), "summary", """
        Summary Statistics
                    Inbound Concurrency: 2
                         Active Domains: 0
                      Active Queue Size: 30
                     Delayed Queue Size: 12
                       Total Queue Size: 42
                          DNS A Queries: 0
                       DNS AAAA Queries: 0
                         DNS MX Queries: 0
        Successfully Delivered Messages: 950
                        Failed Messages: 5
                     Transient Failures: 4
                      Rejected Messages: 1
                      Received Messages: 1000
                          Delivery Rate: 9.50 messages/second
                         Reception Rate: 10.00 messages/second
                                 Uptime: 100 seconds
        """);

    [Fact]
    public async Task ShowInbound_HasALineASession()
    {
        var node = Node().On(
            "GET api/v1/sessions?",
            new SessionListing([Session("10.0.0.7", "package"), Session("2001:db8::1", "x\u001b[31m"), Session("unix", "reply")], true),
            AdminJson.Default.SessionListing);

        await SaysAsync(node, "show inbound", """
            1: [inbound/ecstream] IPv4 10.0.0.7 on :1825 open: package (for 0.264s)  [00000000-0000-0000-0000-000000000001]
            2: [inbound/ecstream] IPv6 2001:db8::1 on :1825 open: x?[31m (for 0.264s)  [00000000-0000-0000-0000-000000000001]
            3: [inbound/ecstream] local unix on :1825 open: reply (for 0.264s)  [00000000-0000-0000-0000-000000000001]
            … and more
            """);
        await SaysAsync(Node().On("GET api/v1/sessions?", new SessionListing([], false), AdminJson.Default.SessionListing), "show inbound", "0 sessions");
    }

    [Theory]
    [InlineData("count ECStream 32", "prefix=32", "Displaying 'ECStream' from /32 to /32\n       3 10.0.0.7\n       1 unix")]
    [InlineData("count ECStream /24", "prefix=24", "Displaying 'ECStream' from /24 to /24\n       3 10.0.0.7\n       1 unix")]
    [InlineData("count ECStream 10.0.0.0/8", "cidr=10.0.0.0%2F8", "4 sessions")]
    public async Task Count_ByPrefixLength_OrOfABlock(string command, string query, string answer)
    {
        var node = Node().On(
            $"GET api/v1/sessions/count?{query}", new SessionCount(4, [new SessionGroup("10.0.0.7", 3), new SessionGroup("unix", 1)], false), AdminJson.Default.SessionCount);

        await SaysAsync(node, command, answer);
    }

    [Theory]
    [InlineData("close session 5 stuck", "DELETE api/v1/sessions/5?reason=stuck", 1, "1 session closed", ExitCode.Success)]
    [InlineData("close session 5", "DELETE api/v1/sessions/5?reason=no%20reason%20given", 1, "1 session closed", ExitCode.Success)]
    [InlineData("close peer 10.0.0.0/8 reason \"net work\"", "POST api/v1/sessions/close {\"cidr\":\"10.0.0.0/8\",\"reason\":\"net work\"}", 3, "3 sessions closed", ExitCode.Success)]
    [InlineData("close peer 10.0.0.0/8", "POST api/v1/sessions/close {\"cidr\":\"10.0.0.0/8\",\"reason\":\"no reason given\"}", 0, "0 sessions closed", ExitCode.NotEverything)]
    public async Task Close_EndsThose(string command, string request, int closed, string answer, int code)
    {
        var node = Node().On("DELETE api/v1/sessions", new CloseReport(closed), AdminJson.Default.CloseReport).On("POST api/v1/sessions", new CloseReport(closed), AdminJson.Default.CloseReport);

        await SaysAsync(node, command, answer, code);
        Assert.Equal(request, node.Asked.Single());
    }

    [Theory]
    [InlineData("close peer 10.0.0.0/8", "3 sessions closed", ExitCode.NotEverything)]
    [InlineData("show inbound", "0 sessions", ExitCode.Success)]
    [InlineData("count ECStream 10.0.0.0/8", "4 sessions", ExitCode.Success)]
    public async Task ANodeThatDoesNotAnswer_IsNamed(string command, string answer, int code)
    {
        var node = Node()
            .On("POST api/v1/sessions", new CloseReport(3) { Missing = ["h2/11-def"] }, AdminJson.Default.CloseReport)
            .On("GET api/v1/sessions?", new SessionListing([], false) { Missing = ["h2/11-def"] }, AdminJson.Default.SessionListing)
            .On("GET api/v1/sessions/count?", new SessionCount(4, null, false) { Missing = ["h2/11-def"] }, AdminJson.Default.SessionCount);

        await SaysAsync(node, command, $"WITHOUT h2/11-def, which does not answer.\n{answer}", code);
    }

    [Theory]
    [InlineData("maintenance on reason \"new disk\"", """{"node":null,"on":true,"reason":"new disk"}""", "h1/1-a is in maintenance.")]
    [InlineData("maintenance on h1/1-a reason \"new disk\"", """{"node":"h1/1-a","on":true,"reason":"new disk"}""", "h1/1-a is in maintenance.")]
    [InlineData("maintenance off h1/1-a", """{"node":"h1/1-a","on":false,"reason":null}""", "h1/1-a is in service.")]
    public async Task Maintenance_TellsWhichNode_AndWhy(string command, string body, string answer)
    {
        var node = Node().On("POST api/v1/maintenance", new MaintenanceReport("h1/1-a", command.Contains(" on", StringComparison.Ordinal)), AdminJson.Default.MaintenanceReport);

        await SaysAsync(node, command, answer);
        Assert.Equal($"POST api/v1/maintenance {body}", node.Asked.Single());
    }

    [Fact]
    public async Task Suspend_TellsWhereUntilWhenAndWhy()
    {
        var node = Node().Made("POST api/v1/policy/suspensions", 9);

        await SaysAsync(
            node,
            "suspend 10.0.1.7 listen :1825 until +1d reason \"abuse, ticket 4711\"",
            "\"ECStream_Listener::Listen:0.0.0.0\\:1825:Peer:10.0.1.7:\" is suspended until 2026-02-01T12:00:00Z.\n# version 9; 1 of 1 nodes at version 9, slowest 13 ms");
        Assert.Equal(
            """POST api/v1/policy/suspensions?wait=5 {"listen":"0.0.0.0:1825","block":"10.0.1.7","reason":"abuse, ticket 4711","until":"2026-02-01T12:00:00\u002B00:00"}""", node.Asked.Single());
    }

    [Fact]
    public async Task Resume_OfWhatIsNotSuspended_SaysSo()
    {
        await SaysAsync(Node().Made("DELETE api/v1/policy/suspensions/10.0.1.7?wait=5&reason=x", 9), "resume 10.0.1.7 reason x", "\"ECStream_Listener::Peer:10.0.1.7:\" is not suspended.\n# version 9; 1 of 1 nodes at version 9, slowest 13 ms");
        await SaysAsync(
            Node().Refuse("DELETE", HttpStatusCode.NotFound, new AdminProblem("x", "x", 404, "Nothing suspends ECStream_Listener::Peer:10.0.1.7:.")),
            "resume 10.0.1.7", "Nothing suspends ECStream_Listener::Peer:10.0.1.7:.", ExitCode.NotEverything);
    }

    [Fact]
    public async Task ShowSuspended_HasWhoIs()
    {
        await SaysAsync(Node(), "show suspended", "Nobody is suspended.");
        await SaysAsync(
            Node().Set(3, ("", "10.0.1.0/24", new PolicyValues { Suspended = true, SuspendedReason = "abuse" }), ("", "10.0.1.7", new PolicyValues { Suspended = false }), ("", "10.0.2.0", new PolicyValues { IdleTime = 1 })),
            "show suspended", "ECStream_Listener::Peer:10.0.1.0/24: suspended (abuse)\nECStream_Listener::Peer:10.0.1.7: exempt");
    }

    [Fact]
    public async Task TheNode_TellsItsVersionMachineAndProcess()
    {
        await SaysAsync(Node(), "pid", "4711");
        await SaysAsync(Node(), "sysinfo", """
                        Node: node1
            Operating System: Linux 6.1
                     Runtime: .NET 10.0.0
                        CPUs: 2
                     Process: 4711
               Memory in Use: 1000 bytes
                Memory Limit: 2000 bytes
            """);
        await SaysAsync(Node(), "module list", "Module: ecstream");
        Assert.StartsWith("ecstream version: 0.1.0\necgrid version: ", (await RunAsync(Node(), "version")).Out);
        await SaysAsync(new FakeNode().On("GET api/v1/status", Status with { Process = null }, AdminJson.Default.StatusReport), "pid", "The node does not tell: it is older than this ecgrid.", ExitCode.NotEverything);
    }

    [Theory]
    [InlineData("summary")]
    [InlineData("show inbound")]
    [InlineData("show suspended")]
    [InlineData("count ECStream 32")]
    [InlineData("close session x")]
    [InlineData("close peer 10.0.0.1")]
    [InlineData("suspend 10.0.0.1")]
    [InlineData("resume 10.0.0.1")]
    [InlineData("version")]
    [InlineData("sysinfo")]
    [InlineData("pid")]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time 5")]
    [InlineData("config unset ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time")]
    [InlineData("config log")]
    [InlineData("config diff 1 2")]
    [InlineData("config revert 1")]
    [InlineData("config writeback")]
    [InlineData("config show")]
    public async Task ANodeThatFails_IsExitTwoWithOneLine(string command)
    {
        var node = new FakeNode();
        foreach (var method in new[] { "GET", "POST", "PATCH", "DELETE" })
        {
            node.On(method, HttpStatusCode.InternalServerError);
        }

        var run = await RunAsync(node, command);

        Assert.Equal((ExitCode.CannotStart, ""), (await run.Exit, run.Out));
        Assert.Matches("^ecgrid: http://127.0.0.1:8025/.*: 500 Internal Server Error\n$", run.Error);
    }

    [Theory]
    [InlineData("maintenance", "maintenance: expected on or off")]
    [InlineData("count ecstream 32", "count ecstream: no such service; there is ECStream, and its case counts")]
    [InlineData("count ECStream 129", "count ECStream 129: expected a prefix length from 0 to 128, or a block such as 10.0.0.0/8")]
    [InlineData("count", "count: expected ECStream and a prefix length or a block")]
    [InlineData("close session", "expected whose session, and perhaps a reason")]
    [InlineData("close peer 10.0.0.1 net work", "'net' is one word too many; there may follow reason (a text of several words goes in double quotes)")]
    [InlineData("suspend", "expected an address or a block, such as 10.0.0.7 or 10.0.0.0/16")]
    [InlineData("suspend x", "unable to parse Peer x: host names are not accepted; write an IP address")]
    [InlineData("suspend 10.0.0.1 until", "until: a word is missing behind it")]
    [InlineData("resume 10.0.0.1 until +1h", "'until' is one word too many; there may follow listen, reason (a text of several words goes in double quotes)")]
    [InlineData("help nonsense", "nonsense: no such command; there are close, config, count, exit, help, maintenance, module, pid, quit, resume, show, summary, suspend, sysinfo, version, write")]
    public async Task WhatIsNoCommand_IsRefusedInASentence(string command, string sentence)
    {
        var node = Node();
        var run = await RunAsync(node, command);

        Assert.Equal((ExitCode.CannotStart, $"ecgrid: {sentence}"), (await run.Exit, run.Error.TrimEnd()));
        Assert.Empty(node.Asked);
    }

    [Fact]
    public async Task Help_KnowsEveryCommand_AndMoreOfOne()
    {
        var all = (await RunAsync(Node(), "help")).Out;

        Assert.All(Consoles.ConsoleTable.Entries, e => Assert.Contains($"  {e.Name} {e.Arguments}".TrimEnd() + "\n", all));
        Assert.Equal("  config log [N]\n      the last N changes of policy, 20 unless told", (await RunAsync(Node(), "help config log")).Out.TrimEnd());
        Assert.Contains("for open sessions too", (await RunAsync(Node(), "HELP Config Set")).Out);
    }

    private static FakeNode Node() => new FakeNode().On("GET api/v1/status", Status, AdminJson.Default.StatusReport);

    private static SessionReport Session(string peer, string detail) => new(
        new Guid("00000000-0000-0000-0000-000000000001"), peer, ":1825", "node1", FakeNode.Now, 1, 2, FakeNode.Now.AddMilliseconds(-264), 60, [], null, "open", detail);

    private static async Task SaysAsync(FakeNode node, string command, string answer, int code = ExitCode.Success)
    {
        var run = await RunAsync(node, command);
        Assert.Equal((answer, ""), (run.Out.TrimEnd(), run.Error.TrimEnd()));
        Assert.Equal(code, await run.Exit);
    }

    private static async Task<CliRun> RunAsync(FakeNode node, string command)
    {
        Assert.True(Consoles.ConsoleWords.TrySplit(command, out var words, out var error), error);
        var run = CliRun.Start(["console", .. words], Encoding.UTF8.GetBytes(""), new FakeTimeProvider(FakeNode.Now), node);
        await run.Exit;
        return run;
    }
}
