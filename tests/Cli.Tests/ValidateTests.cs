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

    [Fact]
    public async Task Lenient_PassesOverWhatALenientNodeDoes()
    {
        var file = _directory.File("shared.conf", "ECStream_Listener { Listen ':1825' { } Peer \"10.0.0.1\" { Use_SSL = true } }\n");

        var strict = await CliRun.CompleteAsync("validate", file);
        var lenient = await CliRun.CompleteAsync("validate", "--lenient", file);

        Assert.Equal((ExitCode.NotEverything, ExitCode.Success), (await strict.Exit, await lenient.Exit));
        Assert.Equal(2, lenient.Out.Split('\n').Count(line => line.Contains(": warning: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ACertificateThatIsNotThere_IsAFaultOfItsOption()
    {
        var file = _directory.File("tls.conf", "ECStream_Listener { Listen \":1825\" {\n  Use_SSL = true\n  TLS_Certificate = \"none.pem\" } }\n");

        var run = await CliRun.CompleteAsync("validate", file);

        Assert.Equal(ExitCode.NotEverything, await run.Exit);
        Assert.Contains($"{file}:3:21: error: SSL bad or missing cert", run.Out);
    }
}
