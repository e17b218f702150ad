namespace EcStreamOrleans.Tests;

/// <summary>What something costs the collector, on the thread that does it.</summary>
internal static class Allocations
{
    private const int Runs = 5;

    /// <summary>The least of some runs behind a first one that does not count: the runtime itself allocates on a thread now and then, when it puts a newer version of a method in place.</summary>
    /// <returns>Octets.</returns>
    public static long Of(Action run)
    {
        run();
        var least = long.MaxValue;
        for (var i = 0; i < Runs; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
