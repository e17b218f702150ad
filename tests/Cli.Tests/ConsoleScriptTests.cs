using System.Net;
using System.Text;
using EcStreamOrleans.AdminApi;
using Microsoft.Extensions.Time.Testing;

namespace EcStreamOrleans.Cli.Tests;

/// <summary>What changes policy: single commands and scripts against a node that is played.</summary>
public sealed class ConsoleScriptTests : IDisposable
{
    private const string Peer = "config set ECStream_Listener Peer 10.0.0.0/16";

    private readonly FakeTimeProvider _clock = new(FakeNode.Now);
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Eval_SeesTheOverride() => await SaysAsync(
        new FakeNode().Set(5, ("", "10.0.0.0/16", new PolicyValues { IdleTime = 60 })),
        "config eval ECStream_Listener Listen :1825 Peer 10.0.0.7 ECStream_Idle_Time",
        "ECStream_Idle_Time = 60  # from ECStream_Listener::Peer:10.0.0.0/16: (override)");

    [Theory]
    [InlineData("set ECStream_Listener Peer 10.0.0.0/16 ECStream_Max_Batch_Size = 500", "\"set\":{\"idleTime\":60,\"maxBatchSize\":500}")]
    [InlineData("unset ECStream_Listener Peer 10.0.0.0/16 ECStream_Idle_Time", "\"clear\":true")]
    public async Task Try_AsksWhatAChangeWouldHaveDone(string change, string asked)
    {
        var node = new FakeNode().Set(5, ("", "10.0.0.0/16", new PolicyValues { IdleTime = 60 })).On(
            "POST api/v1/policy/trial",
            new TrialReport("1 peer: 2 batches smaller", FakeNode.Now, 7, [new TrialPeer("10.0.0.7", 3, 2, 0, 0, 1, 0)]),
            AdminJson.Default.TrialReport);

        await SaysAsync(
            node,
            $"config try {change}",
            """
            1 peer: 2 batches smaller
                10.0.0.7: of 3 batches 2 smaller, 0 perhaps larger; sessions 1 closed earlier, 0 kept longer; 0 messages put off
            # 7 batches and ends of sessions are remembered, since 2026-01-31T12:00:00Z
            """);

        Assert.Contains(asked, node.Asked[^1].Replace("\n", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config try", "expected a change, as in 'config try set")]
    [InlineData("config try get ECStream_Listener", "config try 'get': expected set or unset")]
    [InlineData("config try set ECStream_Listener Peer 10.0.0.1 Use_SSL = true", "'Use_SSL': while the grid runs")]
    [InlineData("config try unset ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time more", "'ECStream_Idle_Time more' is not expected there")]
    public async Task Try_OfWhatIsNoChange_SaysSo(string command, string said)
    {
        var run = await CliRun.CompleteAsync(["console", .. command.Split(' ')]);

        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains(said, run.Error);
    }

    [Fact]
    public async Task Overrides_AreReadPageByPage_AndAnewWhenOneOfAnotherVersionComes()
    {
        var node = new FakeNode();
        var pages = new Queue<OverrideListing>(
        [
            Page(5, "10.0.0.1", "10.0.0.1,"), Page(6, "10.0.0.2", null), Page(6, "10.0.0.1", "10.0.0.1,"), Page(6, "10.0.0.2", null),
        ]);
        node.OnEach("GET api/v1/policy/overrides?", () => pages.Dequeue(), AdminJson.Default.OverrideListing);

        await SaysAsync(node, "config locate Peer 10.0.0.2", "Peer \"10.0.0.2\"\n  is at ECStream_Listener::Peer:10.0.0.2:");

        Assert.Empty(pages);
        Assert.EndsWith("&after=10.0.0.1%2C", node.Asked[^1]);

        static OverrideListing Page(long version, string block, string? next) =>
            new(version, [new OverrideReport("", "", block, new PolicyValues { MaxBatchSize = 1 }, version)], next);
    }

    [Theory]
    [InlineData("ECStream_Idle_Time = 60", "\"idleTime\":60,\"idleTimeUntil\":null,\"reason\":\"\"", "ECStream_Idle_Time = 60\n")]
    [InlineData("ecstream_idle_time=60 reason \"slow # scanner\"", "\"idleTime\":60,\"idleTimeUntil\":null,\"reason\":\"slow # scanner\"", "ECStream_Idle_Time = 60\n")]
    [InlineData("ECStream_Max_Batch_Size 500 until +2h", "\"maxBatchSize\":500,\"maxBatchSizeUntil\":\"2026-01-31T14:00:00Z\",\"reason\":\"\"", "ECStream_Max_Batch_Size = 500\n# until 2026-01-31T14:00:00Z\n")]
    [InlineData("ECStream_Max_Batch_Size =500 reason x until 18:00", "\"maxBatchSize\":500,\"maxBatchSizeUntil\":\"2026-01-31T18:00:00Z\",\"reason\":\"x\"", "ECStream_Max_Batch_Size = 500\n# until 2026-01-31T18:00:00Z\n")]
    public async Task Set_GoesByTheVersionSeen_AndEchoes(string what, string body, string echo)
    {
        var node = new FakeNode().Scope("10.0.0.0/16", 16);

        await SaysAsync(node, $"{Peer} {what}", $"{echo}# version 17; 1 of 1 nodes at version 17, slowest 13 ms");

        Assert.Equal($$"""PATCH api/v1/policy/overrides/10.0.0.0%2F16?wait=5 if "16" {{{body}}}""", node.Asked[^1]);
        Assert.Equal(Environment.UserName, node.Actor);
    }

    [Theory]
    [InlineData("config set ECStream_Listener Peer 10.0.0.0/16 Use_SSL = true", "'Use_SSL': while the grid runs ECStream_Idle_Time and ECStream_Max_Batch_Size can be set, in a Peer scope")]
    [InlineData("config set ECStream_Listener ECStream_Idle_Time = 60", "while the grid runs ECStream_Idle_Time and ECStream_Max_Batch_Size can be set, in a Peer scope (ECStream_Listener [Listen ADDRESS] Peer BLOCK); the place of everything else is the file: edit it, then 'config reload'")]
    [InlineData("config set Gateway = x", "the place of everything else is the file")]
    [InlineData("config set", "the place of everything else is the file")]
    [InlineData("config set ECStream_Listener Peer mx.test ECStream_Idle_Time = 60", "unable to parse Peer mx.test: host names are not accepted")]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1", "expected an option")]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time =", "expected an integer of 1 to 86400 (seconds), found ''")]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time = 86401", "expected an integer of 1 to 86400 (seconds), found '86401'")]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time = 60 until 2026-01-01T00:00:00Z", "until 2026-01-01T00:00:00Z: that is over")]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time = 60 until tomorrow", "until tomorrow: expected an instant with its offset")]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time = 60 reason slow scanner", "'scanner' is one word too many; there may follow until (a text of several words goes in double quotes)")]
    [InlineData("config unset ECStream_Listener Peer 10.0.0.1 Use_SSL", "'Use_SSL': while the grid runs")]
    [InlineData("config unset Gateway", "the place of everything else is the file")]
    [InlineData("config begin", "a transaction lasts as long as the console")]
    [InlineData("config commit", "no transaction is open")]
    [InlineData("config rollback", "no transaction is open")]
    [InlineData("config replay", "no transaction is open")]
    [InlineData("config log 0", "expected a number from 1 to 500")]
    [InlineData("config diff 1", "expected two versions")]
    [InlineData("config revert x", "expected a version")]
    [InlineData("config eval Gateway --at now", "--at: expected an instant")]
    [InlineData("config eval Gateway --at +1h", "--at is known for ECStream_Idle_Time and ECStream_Max_Batch_Size of a client")]
    public async Task WhatCannotBeAsked_IsRefusedInASentence_AndNothingIsWritten(string command, string sentence)
    {
        var node = new FakeNode();
        var run = await RunAsync(node, command);

        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.Contains(sentence, run.Error);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
        Assert.Equal("", run.Out);
        Assert.DoesNotContain(node.Asked, a => !a.StartsWith("GET", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Set_WhereAnotherWasQuicker_SaysWho()
    {
        var node = new FakeNode().Scope("10.0.0.0/16", 16).Refuse("PATCH", HttpStatusCode.PreconditionFailed, new AdminProblem("x", "x", 412, "x")
        {
            Present = new ScopeVersion(17, new PolicyValues { IdleTime = 5 }, "ben", FakeNode.Now, "too slow"),
        });

        await SaysAsync(node, $"{Peer} ECStream_Idle_Time 60", "Set failed: configuration changed by another session (version 17 by ben at 2026-01-31T12:00:00Z: too slow).", ExitCode.NotEverything);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, "; give a token with --token-file FILE or ECGRID_TOKEN")]
    [InlineData(HttpStatusCode.Forbidden, "the role viewer does not do; another token with --token-file FILE or ECGRID_TOKEN may do more")]
    public async Task WhoMayNot_IsToldOfTokens(HttpStatusCode status, string hint)
    {
        var node = new FakeNode().Scope("10.0.0.0/16", 16);
        node = status == HttpStatusCode.Forbidden ? node.Refuse("PATCH", status, new AdminProblem("x", "x", 403, "the role viewer does not do.")) : node.On("GET", status);
        var run = await RunAsync(node, $"{Peer} ECStream_Idle_Time 60");

        Assert.Equal(ExitCode.CannotStart, await run.Exit);
        Assert.EndsWith(hint, run.Error.TrimEnd());
    }

    [Fact]
    public async Task Unset_SaysWhatHoldsThen()
    {
        var node = new FakeNode().Scope("10.0.0.7", 16);
        var states = new Queue<OverrideListing>(
        [
            new(16, [new OverrideReport("", "", "10.0.0.7", new PolicyValues { MaxBatchSize = 1 }, 16)], null), new(17, [], null),
        ]);
        node.OnEach("GET api/v1/policy/overrides?", () => states.Dequeue(), AdminJson.Default.OverrideListing);

        await SaysAsync(
            node,
            "config unset ECStream_Listener Peer 10.0.0.7 ecstream_max_batch_size",
            "\"ECStream_Max_Batch_Size\" has been unset. Effective value is now:\n        ECStream_Max_Batch_Size = 10000\n# version 17; 1 of 1 nodes at version 17, slowest 13 ms");

        Assert.Contains("""PATCH api/v1/policy/overrides/10.0.0.7?wait=5 if "16" {"maxBatchSize":null,"maxBatchSizeUntil":null,"reason":""}""", node.Asked);
    }

    [Fact]
    public async Task Unset_OfAScope_ClearsBothOptions()
    {
        var node = new FakeNode().Scope("10.0.0.0/16", 16).Set(16, ("", "10.0.0.0/16", new PolicyValues { IdleTime = 5 }));
        var run = await RunAsync(node, "config unset ECStream_Listener Peer 10.0.0.0/16 reason \"no more\"");

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.StartsWith("\"ECStream_Listener::Peer:10.0.0.0/16:\" has been unset. Effective values are now:\n        ECStream_Idle_Time = ", run.Out);
        Assert.Contains("DELETE api/v1/policy/overrides/10.0.0.0%2F16?wait=5&reason=no%20more if \"16\"", node.Asked);
    }

    [Theory]
    [InlineData("10.0.0.0/16 ECStream_Idle_Time", "Option 'ECStream_Idle_Time' in scope 'ECStream_Listener::Peer:10.0.0.0/16:' is set by the file: edit it, then 'config reload'.")]
    [InlineData("10.0.0.1 ECStream_Idle_Time", "Option 'ECStream_Idle_Time' is not set in scope 'ECStream_Listener::Peer:10.0.0.1:'.")]
    [InlineData("10.0.0.1", "Nothing is set in scope 'ECStream_Listener::Peer:10.0.0.1:' while the grid runs.")]
    public async Task Unset_OfWhatIsNotSet_SaysSo(string what, string answer) =>
        await SaysAsync(new FakeNode(), $"config unset ECStream_Listener Peer {what}", answer, ExitCode.NotEverything);

    [Fact]
    public async Task ATransaction_IsSeenFromInside_AndCommittedAsOneChange()
    {
        var node = new FakeNode().Set(4, ("", "10.0.0.1", new PolicyValues { IdleTime = 5, Suspended = true, SuspendedReason = "abuse" })).Made("POST api/v1/policy/changes", 5);
        var run = await RunAsync(node, $"""
            config begin
            {Peer} ECStream_Idle_Time = 60 reason "slow" # a comment

            config unset ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time
            config eval ECStream_Listener Peer 10.0.3.3 ECStream_Idle_Time
            config replay
            config commit
            quit
            config nonsense
            """, isScript: true);

        Assert.Equal("", run.Error);
        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal(
            """
            Transaction started.
            ECStream_Idle_Time = 60
            "ECStream_Idle_Time" has been unset. Effective value is now:
                    ECStream_Idle_Time = 60
            ECStream_Idle_Time = 60  # from ECStream_Listener::Peer:10.0.0.0/16: (override)
            config set ECStream_Listener Peer 10.0.0.0/16 ECStream_Idle_Time = 60 reason slow
            config unset ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time
            Transaction committed.
            # version 5; 1 of 1 nodes at version 5, slowest 13 ms
            """,
            run.Out.TrimEnd());
        var write = Assert.Single(node.Asked, a => !a.StartsWith("GET", StringComparison.Ordinal));
        Assert.Equal(
            """POST api/v1/policy/changes?wait=5 {"baseVersion":4,"reason":"slow","changes":[{"block":"10.0.0.0/16","set":{"idleTime":60}},{"block":"10.0.0.1","set":{"suspended":true,"suspendedReason":"abuse"}}]}""",
            write);
    }

    [Fact]
    public async Task AConflict_LeavesTheTransactionOpen()
    {
        var between = new PolicyLogEntry(5, FakeNode.Now, "ben", "api", "", [new PolicyLogChange(@"ECStream_Listener::Peer:10.0.0.0/16:", "", "10.0.0.0/16", new PolicyValues(), new PolicyValues { IdleTime = 7 })]);
        var node = new FakeNode().Set(4).Refuse("POST", HttpStatusCode.Conflict, new AdminProblem("x", "x", 409, "x") { Conflict = between });
        var run = await RunAsync(node, $"config begin\n{Peer} ECStream_Idle_Time 60\nconfig commit\nconfig replay\nconfig rollback\nconfig rollback", isScript: true);

        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Equal(
            """
            Transaction started.
            ECStream_Idle_Time = 60
            Commit failed: configuration changed by another session (version 5 by ben at 2026-01-31T12:00:00Z: ECStream_Listener::Peer:10.0.0.0/16: ECStream_Idle_Time unset -> 7).
            config set ECStream_Listener Peer 10.0.0.0/16 ECStream_Idle_Time = 60
            Transaction rolled back.
            """,
            run.Out.TrimEnd());
        Assert.Equal("ecgrid: line 3 failed: config commit\necgrid: no transaction is open; 'config begin' opens one\necgrid: line 6 failed: config rollback", run.Error.TrimEnd());
    }

    [Fact]
    public async Task FromScratch_UnsetsAllThatIsNotSetAgain_ButEndsNoSuspension()
    {
        var node = new FakeNode()
            .Set(4, ("", "10.0.0.1", new PolicyValues { IdleTime = 5 }), ("", "10.0.0.2", new PolicyValues { Suspended = true, SuspendedReason = "abuse" }))
            .On("GET api/v1/policy/log", new PolicyLogPage([], null), AdminJson.Default.PolicyLogPage)
            .Made("POST api/v1/policy/changes", 5);
        var run = await RunAsync(node, "config begin from scratch\nconfig get ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time\nconfig commit", isScript: true);

        Assert.StartsWith("Transaction started.\n# from scratch: what is set at 1 scopes goes with the commit", run.Out);
        Assert.Contains("Option 'ECStream_Idle_Time' is not set", run.Out);
        Assert.EndsWith("""{"baseVersion":4,"changes":[{"block":"10.0.0.1","clear":true}]}""", node.Asked[^1]);
    }

    [Fact]
    public async Task FromScratch_WhatAnotherHasSetAnywhereSince_IsAConflict()
    {
        var node = new FakeNode().Set(4, ("", "10.0.0.1", new PolicyValues { IdleTime = 5 })).On(
            "GET api/v1/policy/log",
            new PolicyLogPage([new PolicyLogEntry(5, FakeNode.Now, "ben", "api", "", [])], null),
            AdminJson.Default.PolicyLogPage);
        var run = await RunAsync(node, "config begin from scratch\nconfig commit\nconfig rollback", isScript: true);

        Assert.Contains("Commit failed: configuration changed by another session (version 5 by ben", run.Out);
        Assert.DoesNotContain(node.Asked, a => a.StartsWith("POST", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("config set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time = 0")]
    [InlineData("confg set ECStream_Listener Peer 10.0.0.1 ECStream_Idle_Time = 5")]
    [InlineData("config set \"unterminated")]
    public async Task AScript_DoesNotCommitHalfOfWhatItMeant(string slip)
    {
        var node = new FakeNode().Set(4);
        var run = await RunAsync(node, $"config begin\n{Peer} ECStream_Idle_Time 60\n{slip}\nconfig commit", isScript: true);

        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Contains("Commit failed: a command of this transaction has failed.", run.Out);
        Assert.Contains("ecgrid: the open transaction was dropped; nothing of it is in effect", run.Error);
        Assert.DoesNotContain(node.Asked, a => a.StartsWith("POST", StringComparison.Ordinal));
    }

    [Fact]
    public async Task InATransaction_ThereIsNoReload_NoRevert_AndNoSecondOne()
    {
        var run = await RunAsync(new FakeNode(), "config begin\nconfig reload\nconfig revert 1\nconfig begin\nconfig rollback", isScript: true);

        Assert.Contains("config reload: a transaction is open; commit it or roll it back first", run.Error);
        Assert.Contains("config revert: a transaction is open", run.Error);
        Assert.Contains("a transaction is open already", run.Error);
    }

    [Fact]
    public async Task EvalAt_IsTheNodesAnswer()
    {
        var node = new FakeNode().On(
            "GET api/v1/policy/effective",
            new EffectiveReport(
                ":1825", "10.0.0.7", FakeNode.Now.AddHours(-2), 3, 1, [new EffectiveOption("ECStream_Idle_Time", 60, "ECStream_Listener::Peer:10.0.0.0/16: (override)")], new EffectiveSuspension("abuse", "S"), false, ""),
            AdminJson.Default.EffectiveReport);

        await SaysAsync(
            node,
            "config eval ECStream_Listener Listen :1825 Peer 10.0.0.7 ecstream_idle_time --at -2h",
            "ECStream_Idle_Time = 60  # from ECStream_Listener::Peer:10.0.0.0/16: (override)\n# at 2026-01-31T10:00:00Z, version 3 over the present file; suspended by S");
        Assert.Equal("GET api/v1/policy/effective?listen=%3A1825&peer=10.0.0.7&at=2026-01-31T10%3A00%3A00Z", node.Asked.Single());
    }

    [Fact]
    public async Task Log_HasTheLastEntries()
    {
        var node = new FakeNode().Set(7).On(
            "GET api/v1/policy/log?after=5&limit=2",
            new PolicyLogPage([Entry(6, new PolicyValues(), new PolicyValues { IdleTime = 60 }), Entry(7, new PolicyValues { IdleTime = 60 }, new PolicyValues { Suspended = true, SuspendedReason = "a\u001b" })], null),
            AdminJson.Default.PolicyLogPage);

        await SaysAsync(node, "config log 2", """
            6  2026-01-31T12:00:00Z  ann  "why"
                ECStream_Listener::Peer:10.0.0.1: ECStream_Idle_Time unset -> 60
            7  2026-01-31T12:00:00Z  ann  "why"
                ECStream_Listener::Peer:10.0.0.1: ECStream_Idle_Time 60 -> unset, suspension unset -> suspended (a?)
            """);
        await SaysAsync(new FakeNode(), "config log", "Nothing has been set yet.", ExitCode.NotEverything);
    }

    [Theory]
    [InlineData("0 2", "ECStream_Listener::Peer:10.0.0.1:\n+ ECStream_Idle_Time = 70")]
    [InlineData("2 0", "ECStream_Listener::Peer:10.0.0.1:\n- ECStream_Idle_Time = 70")]
    [InlineData("1 1", "Versions 1 and 1 set the same.")]
    public async Task Diff_IsWhatIsLeft(string versions, string answer)
    {
        var node = new FakeNode().Set(2).On(
            "GET api/v1/policy/log?after=0&limit=2",
            new PolicyLogPage([Entry(1, new PolicyValues(), new PolicyValues { IdleTime = 60 }), Entry(2, new PolicyValues { IdleTime = 60 }, new PolicyValues { IdleTime = 70 })], null),
            AdminJson.Default.PolicyLogPage);

        await SaysAsync(node, $"config diff {versions}", answer);
        await SaysAsync(node, "config diff 1 9", "There is no version 9; the last is 2.", ExitCode.NotEverything);
    }

    [Fact]
    public async Task Revert_TakesBackWhatStillIsAsItWasMade_AndNamesTheRest()
    {
        var node = new FakeNode()
            .On("GET api/v1/policy/log/6", Entry(6, new PolicyValues { IdleTime = 30, MaxBatchSize = 1 }, new PolicyValues { IdleTime = 60, MaxBatchSize = 2 }), AdminJson.Default.PolicyLogEntry)
            .Set(8, ("", "10.0.0.1", new PolicyValues { IdleTime = 60, MaxBatchSize = 3, Suspended = true, SuspendedReason = "x" }))
            .Made("POST api/v1/policy/changes", 9, Entry(9, new PolicyValues { IdleTime = 60 }, new PolicyValues { IdleTime = 30 }).Changes[0]);

        await SaysAsync(node, "config revert 6", """
            ECStream_Listener::Peer:10.0.0.1: ECStream_Idle_Time 60 -> 30
            # version 9; 1 of 1 nodes at version 9, slowest 13 ms
            ECStream_Listener::Peer:10.0.0.1: ECStream_Max_Batch_Size has been changed since: it is 3, version 6 made it 2
            """, ExitCode.NotEverything);
        Assert.EndsWith(
            """{"baseVersion":8,"reason":"revert of version 6","changes":[{"block":"10.0.0.1","set":{"idleTime":30,"maxBatchSize":3,"suspended":true,"suspendedReason":"x"}}]}""",
            node.Asked[^1]);
    }

    [Fact]
    public async Task Revert_OfWhatIsTakenBack_OrNeverWas_WritesNothing()
    {
        var node = new FakeNode()
            .On("GET api/v1/policy/log/6", Entry(6, new PolicyValues(), new PolicyValues { IdleTime = 60 }), AdminJson.Default.PolicyLogEntry)
            .Refuse("GET api/v1/policy/log/9", HttpStatusCode.NotFound, new AdminProblem("x", "x", 404, "The policy log has no version 9."));

        await SaysAsync(node, "config revert 6", "# nothing changed: version 6 is taken back already");
        await SaysAsync(node, "config revert 9", "The policy log has no version 9.", ExitCode.NotEverything);
    }

    [Theory]
    [InlineData("config writeback")]
    [InlineData("write config")]
    public async Task Writeback_IsAFile_AndOverwritesNone(string command)
    {
        var file = Path.Combine(_directory.File("x", ""), "..", "out.conf");
        var node = new FakeNode().Set(5, ("", "10.0.0.0/16", new PolicyValues { IdleTime = 60 }));
        Assert.Equal(ExitCode.Success, await (await RunAsync(node, $"{command} \"{Path.GetFullPath(file)}\"", isScript: true)).Exit);

        var text = await File.ReadAllTextAsync(Path.GetFullPath(file));
        Assert.StartsWith("# Written by ecgrid console at 2026-01-31T12:00:00Z.\n# /etc/e.conf (generation 3) with the overrides of version 5.\n\n", text);
        Assert.Contains("ECStream_Idle_Time = 60", text);
        var again = await RunAsync(node, $"{command} \"{Path.GetFullPath(file)}\"", isScript: true);
        Assert.Contains("is there already; --force overwrites it", again.Error);
        Assert.Equal(ExitCode.Success, await (await RunAsync(node, $"{command} \"{Path.GetFullPath(file)}\" --force", isScript: true)).Exit);
        var validated = await CliRun.CompleteAsync("validate", Path.GetFullPath(file));
        Assert.Equal(ExitCode.Success, await validated.Exit);
    }

    [Fact]
    public async Task Writeback_HasTheTransaction_WriteConfigHasNot()
    {
        var script = $"config begin\n{Peer} ECStream_Idle_Time 61\n";
        var inside = await RunAsync(new FakeNode(), script + "config writeback", isScript: true);
        var outside = await RunAsync(new FakeNode(), script + "write config", isScript: true);

        Assert.Contains("    ECStream_Idle_Time = 61\n", inside.Out);
        Assert.Contains("    ECStream_Idle_Time = 600\n", outside.Out);
    }

    private static PolicyLogEntry Entry(long version, PolicyValues before, PolicyValues after) =>
        new(version, FakeNode.Now, "ann", "api", "why", [new PolicyLogChange("ECStream_Listener::Peer:10.0.0.1:", "", "10.0.0.1", before, after)]);

    private async Task SaysAsync(FakeNode node, string command, string answer, int code = ExitCode.Success)
    {
        var run = await RunAsync(node, command);
        Assert.Equal((answer, ""), (run.Out.TrimEnd(), run.Error.TrimEnd()));
        Assert.Equal(code, await run.Exit);
    }

    private async Task<CliRun> RunAsync(FakeNode node, string commands, bool isScript = false)
    {
        Assert.True(Consoles.ConsoleWords.TrySplit(isScript ? "" : commands, out var words, out _));
        var run = CliRun.Start(["console", .. words], Encoding.UTF8.GetBytes(commands), _clock, node);
        await run.Exit;
        return run;
    }
}
