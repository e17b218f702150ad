namespace EcStreamOrleans.Scale;

/// <summary>How long a change of policy takes to the last of all nodes: one grain calls each and takes each answer, one after the other.</summary>
/// <param name="Nodes">Nodes that follow.</param>
/// <param name="Median">Seconds until the last has confirmed, half of the changes.</param>
/// <param name="NinetyNine">The same, 99 of 100 changes.</param>
/// <param name="ChangesPerSecond">Changes whose pushes and answers one grain can do.</param>
internal sealed record PolicySpread(int Nodes, double Median, double NinetyNine, double ChangesPerSecond)
{
    private const int Changes = 2_000;

    public static PolicySpread Simulate(int nodes, int seed)
    {
        var random = new Random(seed);
        var last = new double[Changes];
        var answers = new double[nodes];
        for (var change = 0; change < Changes; change++)
        {
            for (var node = 0; node < nodes; node++)
            {
                answers[node] = ((node + 1) * Assumptions.CallSeconds / 2) + RoundTrip(random);
            }

            Array.Sort(answers);
            var free = nodes * Assumptions.CallSeconds / 2;
            foreach (var answer in answers)
            {
                free = Math.Max(free, answer) + (Assumptions.CallSeconds / 2);
            }

            last[change] = free;
        }

        Array.Sort(last);
        return new PolicySpread(nodes, last[Changes / 2], last[Changes * 99 / 100], 1 / (nodes * Assumptions.CallSeconds));
    }

    // Log-normal, and rarely a pause.
    private static double RoundTrip(Random random)
    {
        var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var pause = random.NextDouble() < Assumptions.PauseShare ? Assumptions.PauseSeconds : 0;
        return (Assumptions.RoundTripSeconds * Math.Exp(Assumptions.RoundTripSpread * normal)) + pause;
    }
}
