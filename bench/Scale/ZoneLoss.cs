namespace EcStreamOrleans.Scale;

/// <summary>What came of one lost zone.</summary>
/// <param name="Silos">Silos before.</param>
/// <param name="Lost">Silos lost, a third.</param>
/// <param name="FirstDead">Seconds until the first of them was declared dead.</param>
/// <param name="HalfDead">Seconds until half of them were.</param>
/// <param name="LastDead">Seconds until the last of them was.</param>
/// <param name="Writes">Votes and declarations that were written.</param>
/// <param name="Conflicts">Writes that met another and were repeated.</param>
/// <param name="Rows">Rows that were read, attempts that met another included.</param>
internal sealed record ZoneLossResult(int Silos, int Lost, double FirstDead, double HalfDead, double LastDead, int Writes, int Conflicts, long Rows)
{
    /// <summary>Seconds that the table takes for it if it keeps to its published target: the simulation itself lets it be as quick as it likes.</summary>
    public double SecondsAtTheTarget => Rows / Assumptions.PartitionEntitiesPerSecond;
}

/// <summary>
/// A third of the silos fall silent at once. Who probes one of them misses his probes, reads the table, writes a vote or the
/// declaration on the condition that the table's version is the one that he read, and tries again behind a wait if it is not.
/// The table has one version: all votes in a cluster are one queue.
/// </summary>
internal static class ZoneLoss
{
    public static ZoneLossResult Simulate(int silos, int seed)
    {
        var random = new Random(seed);
        var ring = Enumerable.Range(0, silos).ToArray();
        random.Shuffle(ring);
        var isLost = new bool[silos];
        var zone = Enumerable.Range(0, silos).ToArray();
        random.Shuffle(zone);
        var lost = silos / 3;
        foreach (var silo in zone.Take(lost))
        {
            isLost[silo] = true;
        }

        var work = Suspicions(ring, isLost, random);
        var votes = new int[silos];
        var deadAt = new double[silos];
        var version = 0;
        int writes = 0, conflicts = 0;
        var rows = 0L;
        var events = new PriorityQueue<Step, (double At, int Order)>();
        var order = 0;
        var nextOf = new int[silos];
        for (var silo = 0; silo < silos; silo++)
        {
            Begin(silo, 0);
        }

        while (events.TryDequeue(out var step, out var when))
        {
            var now = when.At;
            var suspect = work[step.Silo][nextOf[step.Silo]].Suspect;
            if (!step.IsWrite)
            {
                rows += silos + 1;
                var read = Assumptions.TableCallSeconds + (silos * Assumptions.TableRowSeconds);
                events.Enqueue(step with { IsWrite = true, Version = version }, (now + read + Assumptions.TableCallSeconds, order++));
            }
            else if (deadAt[suspect] > 0)
            {
                // Read as dead, or by the gossip of who declared it: nothing is to be written.
                nextOf[step.Silo]++;
                Begin(step.Silo, now);
            }
            else if (step.Version != version)
            {
                conflicts++;
                var most = Math.Min(Assumptions.BackoffMostSeconds, Assumptions.BackoffLeastSeconds + (Assumptions.BackoffStepSeconds * Math.Pow(2, Math.Min(step.Attempt, 10))));
                var wait = Assumptions.BackoffLeastSeconds + (random.NextDouble() * (most - Assumptions.BackoffLeastSeconds));
                events.Enqueue(step with { IsWrite = false, Attempt = step.Attempt + 1 }, (now + wait, order++));
            }
            else
            {
                version++;
                writes++;
                if (++votes[suspect] >= Math.Min(Assumptions.Votes, silos - lost))
                {
                    deadAt[suspect] = now;
                }

                nextOf[step.Silo]++;
                Begin(step.Silo, now);
            }
        }

        var deaths = deadAt.Where(at => at > 0).Order().ToArray();
        return new ZoneLossResult(silos, lost, deaths[0], deaths[deaths.Length / 2], deaths[^1], writes, conflicts, rows);

        void Begin(int silo, double now)
        {
            if (nextOf[silo] < work[silo].Count)
            {
                events.Enqueue(new Step(silo, false, 0, 0), (Math.Max(now, work[silo][nextOf[silo]].At), order++));
            }
        }
    }

    /// <summary>For each silo that is left: whom of the lost ones it probes, and when it gives him up, soonest first.</summary>
    private static List<(double At, int Suspect)>[] Suspicions(int[] ring, bool[] isLost, Random random)
    {
        var work = Enumerable.Range(0, ring.Length).Select(_ => new List<(double At, int Suspect)>()).ToArray();
        for (var place = 0; place < ring.Length; place++)
        {
            for (var step = 1; step <= Math.Min(Assumptions.ProbedSilos, ring.Length - 1); step++)
            {
                var (prober, probed) = (ring[place], ring[(place + step) % ring.Length]);
                if (!isLost[prober] && isLost[probed])
                {
                    work[prober].Add(((random.NextDouble() + Assumptions.MissedProbes) * Assumptions.ProbeSeconds, probed));
                }
            }
        }

        foreach (var list in work)
        {
            list.Sort();
        }

        return work;
    }

    private sealed record Step(int Silo, bool IsWrite, int Version, int Attempt);
}
