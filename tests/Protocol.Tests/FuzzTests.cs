using System.Globalization;
using EcStreamOrleans.Fuzz;
using Xunit.Abstractions;

namespace EcStreamOrleans.Protocol.Tests;

/// <summary>
/// The fuzzers of bench/Fuzz for a little while: always the same inputs, then others every time. A failure names its seed and
/// the file that its input is kept in; such an input becomes a test of its own.
/// </summary>
public abstract class FuzzTests(ITestOutputHelper output)
{
    private const string SecondsVariable = "ECSTREAM_FUZZ_SECONDS";

    // Of each run; a developer in a hurry sets it to 1, whoever has a night sets it to 3600.
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(
        int.TryParse(Environment.GetEnvironmentVariable(SecondsVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 15);

    protected abstract IFuzzTarget Target { get; }

    [Fact]
    public void TheSameInputs_AreBorne() => Run(seed: 1);

    [Fact]
    public void OtherInputsEveryTime_AreBorne() => Run(new Random().Next());

    private void Run(int seed)
    {
        output.WriteLine($"{Target.Name}: seed {seed}");
        var result = FuzzRun.Run(Target, seed, Duration, Path.Combine(AppContext.BaseDirectory, "fuzz-failures"), TimeProvider.System);

        Assert.True(result.Failure is null, result.Failure);
        Assert.True(result.Inputs > 0);
    }
}

public sealed class ConfigFuzzTests(ITestOutputHelper output) : FuzzTests(output)
{
    protected override IFuzzTarget Target { get; } = new ConfigTarget();
}

public sealed class StreamFuzzTests(ITestOutputHelper output) : FuzzTests(output)
{
    protected override IFuzzTarget Target { get; } = new StreamTarget();
}

public sealed class ReplyFuzzTests(ITestOutputHelper output) : FuzzTests(output)
{
    protected override IFuzzTarget Target { get; } = new ReplyTarget();
}

public sealed class ProxyFuzzTests(ITestOutputHelper output) : FuzzTests(output)
{
    protected override IFuzzTarget Target { get; } = new ProxyTarget();
}
