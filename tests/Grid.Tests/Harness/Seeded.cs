namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>Random tests that can be had again: the seed is in the message of every failure.</summary>
internal static class Seeded
{
    /// <summary>The environment variable that sets another seed.</summary>
    private const string Variable = "ECSTREAM_TEST_SEED";

    public static async Task RunAsync(int seed, Func<Random, Task> test)
    {
        seed = int.TryParse(Environment.GetEnvironmentVariable(Variable), out var other) ? other : seed;
        try
        {
            await test(new Random(seed));
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"{Variable}={seed}: {error.Message}", error);
        }
    }
}
