namespace EcStreamOrleans.Cli.Tests;

public sealed class ValidateTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task AValidFile_IsSaidToBe()
    {
        var run = await CliRun.CompleteAsync("validate", _directory.File("good.conf", "ECStream_Listener { Listen \":1825\" { } }\n"));

        Assert.Equal(ExitCode.Success, await run.Exit);
        Assert.Equal("Configuration valid", run.Out.Trim());
    }

    [Fact]
    public async Task EveryFault_IsALine_AndEveryFileIsLookedAt()
    {
        var good = _directory.File("good.conf", "ECStream_Listener { Listen \":1825\" { } }\n");
        var bad = _directory.File("bad.conf", "ECStream_Listener {\n  Listen \":x\" { }\n  ECStream_Idle_Tme = 5\n}\n");

        var run = await CliRun.CompleteAsync("validate", bad, good);

        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Contains($"{bad}:2:10: error: ", run.Out);
        Assert.Contains($"{bad}:3:3: error: ", run.Out);
        Assert.Contains($"{good}: Configuration valid", run.Out);
        Assert.DoesNotContain($"{bad}: Configuration valid", run.Out);
    }

    [Fact]
    public async Task AMissingFile_IsAFault()
    {
        var run = await CliRun.CompleteAsync("validate", _directory.In("missing.conf"));

        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Contains("missing.conf", run.Out);
    }
}
