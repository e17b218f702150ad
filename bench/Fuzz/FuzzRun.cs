namespace EcStreamOrleans.Fuzz;

/// <summary>What a run came to.</summary>
/// <param name="Inputs">How many inputs were tried.</param>
/// <param name="Failure">What is wrong with the last of them, and where it is kept; null if nothing is.</param>
public sealed record FuzzResult(long Inputs, string? Failure);

/// <summary>Tries inputs until the time is up or one fails. One seed, one sequence of inputs.</summary>
public static class FuzzRun
{
    /// <summary>The readers take less than a millisecond for these inputs; who takes so long does not end.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static FuzzResult Run(IFuzzTarget target, int seed, TimeSpan duration, string failures, TimeProvider clock)
    {
        var random = new Random(seed);
        var start = clock.GetTimestamp();
        long inputs = 0;
        while (clock.GetElapsedTime(start) < duration)
        {
            var input = target.Generate(random);
            inputs++;
            if (Try(target, input) is { } reason)
            {
                var file = Keep(target, input, $"{seed}-{inputs}", failures);
                return new FuzzResult(inputs, $"seed {seed}, input {inputs}, kept as {file} (replay with --target {target.Name} --replay FILE): {reason}");
            }
        }

        return new FuzzResult(inputs, null);
    }

    /// <returns>What is wrong, or null.</returns>
    public static string? Try(IFuzzTarget target, byte[] input)
    {
        // On a thread of its own, so that one that never ends can still be reported.
        Exception? failure = null;
        var check = Task.Run(() =>
        {
            try
            {
                target.Check(input);
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        return !check.Wait(Patience) ? $"no end after {Patience.TotalSeconds} s"
            : failure is FuzzException ? failure.Message
            : failure?.ToString();
    }

    private static string Keep(IFuzzTarget target, byte[] input, string name, string failures)
    {
        Directory.CreateDirectory(failures);
        var file = Path.Combine(failures, $"{target.Name}-{name}");
        File.WriteAllBytes(file, input);
        return file;
    }
}
