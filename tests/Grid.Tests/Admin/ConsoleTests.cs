using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Grid.Tests.Admin;

/// <summary>ecgrid's console, as a process, on a whole silo.</summary>
public sealed class ConsoleTests : IAsyncLifetime
{
    private const string Peer = "ECStream_Listener Peer 127.0.0.1 ECStream_Idle_Time";

    private readonly TempDirectory _directory = new();
    private TestSilo _silo = null!;

    public async Task InitializeAsync() => _silo = await TestSilo.StartAsync(_directory);

    public async Task DisposeAsync()
    {
        await _silo.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task WhatIsSet_HoldsForAnOpenSession_IsInTheLog_AndIsTakenBack()
    {
        using var client = await RawClient.ConnectAsync(_silo.EndPoint);
        await client.SendAsync(RawClient.Package("x"));
        await client.ReadReplyAsync();

        var set = await RunAsync($"config set {Peer} = 61 reason test");

        Assert.Equal((0, ""), (set.ExitCode, set.Errors));
        Assert.StartsWith("ECStream_Idle_Time = 61\n# version 1; 1 of 1 nodes at version 1", set.Output);
        Assert.Equal((61, "ECStream_Listener::Peer:127.0.0.1: (override)"), await IdleTimeAsync());
        Assert.Equal("ECStream_Idle_Time = 61  # from ECStream_Listener::Peer:127.0.0.1: (override)", (await RunAsync($"config eval {Peer}")).Output.TrimEnd());
        Assert.Contains("ECStream_Listener::Peer:127.0.0.1: ECStream_Idle_Time unset -> 61", (await RunAsync("config log")).Output);

        var reverted = await RunAsync("config revert 1");

        Assert.Equal(0, reverted.ExitCode);
        Assert.Contains("# version 2; 1 of 1 nodes at version 2", reverted.Output);
        Assert.Equal((300, "default"), await IdleTimeAsync());
        Assert.Equal("Versions 0 and 2 set the same.", (await RunAsync("config diff 0 2")).Output.TrimEnd());
        Assert.StartsWith("1: [inbound/ecstream] IPv4 127.0.0.1 on 127.0.0.1:0 open: ", (await RunAsync("show inbound")).Output);
        Assert.Equal($"{Environment.ProcessId}", (await RunAsync("pid")).Output.TrimEnd());
        Assert.Equal("1 session closed", (await RunAsync("close peer 127.0.0.0/8 reason test")).Output.TrimEnd());
    }

    [Fact]
    public async Task OfTwoConsoles_TheFirstToCommitWins_AndTheOtherIsToldWho()
    {
        using var first = Open();
        using var second = Open();
        foreach (var (console, value) in new[] { (first, 61), (second, 62) })
        {
            await console.SendLineAsync("config begin");
            await console.SendLineAsync($"config set {Peer} = {value}");
            await console.LineAsync($"ECStream_Idle_Time = {value}");
        }

        await first.SendLineAsync("config commit");
        await first.LineAsync("# version 1; 1 of 1 nodes at version 1");
        await second.SendLineAsync("config commit");
        var conflict = await second.LineAsync("Commit failed: ");
        await second.SendLineAsync("config replay");
        await second.LineAsync($"config set {Peer} = 62");
        await second.SendLineAsync("config rollback");
        await second.LineAsync("Transaction rolled back.");
        first.CloseInput();
        second.CloseInput();

        Assert.Matches(
            @"^Commit failed: configuration changed by another session \(version 1 by local:?\S* at \S+Z: ECStream_Listener::Peer:127\.0\.0\.1: ECStream_Idle_Time unset -> 61\)\.$", conflict);
        Assert.Equal((0, 1), ((await first.ExitAsync()).ExitCode, (await second.ExitAsync()).ExitCode));
        Assert.Equal("        ECStream_Idle_Time = 61", (await RunAsync($"config get {Peer}")).Output.TrimEnd());
    }

    [Fact]
    public async Task WhatIsWrittenBack_IsAConfigurationThatDecidesTheSame()
    {
        Assert.Equal(0, (await RunAsync($"config begin\nconfig set {Peer} = 61\nconfig set ECStream_Listener Listen 127.0.0.1:0 Peer ::/0 ECStream_Max_Batch_Size 7\nconfig commit\nsuspend 192.0.2.1 reason abuse", isScript: true)).ExitCode);
        var file = _directory.Sub("written.conf");

        var written = await RunAsync($"config writeback {file}");

        Assert.Equal(0, written.ExitCode);
        var result = ConfigurationLoader.Parse(await File.ReadAllTextAsync(file), file);
        Assert.True(result.Configuration is not null, string.Join('\n', result.Diagnostics));
        var live = (LivePolicy)_silo.Services.GetService(typeof(LivePolicy))!;
        foreach (var address in new[] { "127.0.0.1", "10.1.1.1", "2001:db8::1", "unix" })
        {
            Assert.True(PeerId.TryParse(address, out var peer));
            var (now, then) = (live.Evaluate("127.0.0.1:0", peer), PolicyEvaluator.Evaluate(result.Configuration, OverrideSet.Empty, "127.0.0.1:0", peer));
            Assert.Equal((now.IdleTime.Value, now.MaxBatchSize.Value), (then.IdleTime.Value, then.MaxBatchSize.Value));
        }

        Assert.Contains("# ECStream_Listener::Peer:192.0.2.1: is suspended, which a file cannot say: abuse", await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task EvalAt_AnotherInstant_IsWhatHeldThen()
    {
        Assert.Equal(0, (await RunAsync($"config set {Peer} = 61 until +1h")).ExitCode);

        Assert.StartsWith("ECStream_Idle_Time = 61  # from ECStream_Listener::Peer:127.0.0.1: (override)\n", (await AtAsync("+30m")).Output);
        Assert.StartsWith("ECStream_Idle_Time = 300  # default\n", (await AtAsync("+2h")).Output);
        Assert.StartsWith("ECStream_Idle_Time = 300  # default\n", (await AtAsync("-1h")).Output);

        Task<ToolResult> AtAsync(string instant) => RunAsync($"config eval ECStream_Listener Listen 127.0.0.1:0 Peer 127.0.0.1 ECStream_Idle_Time --at {instant}");
    }

    private async Task<(double Value, string? Origin)> IdleTimeAsync()
    {
        var sessions = await _silo.Admin.CallAsync("GET", "sessions");
        var option = sessions["sessions"][0].GetProperty("options")[0];
        return (option.GetProperty("value").GetDouble(), option.GetProperty("origin").GetString());
    }

    private ToolProcess Open() => ToolProcess.StartOpen("dotnet", Repository.EcGridDll, "console", "--admin", _silo.AdminUrl);

    private Task<ToolResult> RunAsync(string command, bool isScript = false) => isScript
        ? ToolProcess.RunAsync("dotnet", [Repository.EcGridDll, "console", "--admin", _silo.AdminUrl], System.Text.Encoding.UTF8.GetBytes(command))
        : ToolProcess.RunEcGridAsync(["console", "--admin", _silo.AdminUrl, .. command.Split(' ')]);
}
