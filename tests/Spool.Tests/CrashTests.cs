namespace EcStreamOrleans.Spool.Tests;

/// <summary>Crashes at every write and flush of a seeded workload. What was acknowledged is there; what is done stays done.</summary>
public sealed class CrashTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task CrashAnywhere_KeepsWhatWasAcknowledged(int seed) => await Run(seed, new Dictionary<string, byte[]>(), 40);

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    [InlineData(201)]
    [InlineData(210)]
    [InlineData(213)]
    public async Task BitFlipInAcknowledgedRecord_IsReportedAndHurtsOnlyThatRecord(int seed)
    {
        var random = new Random(seed);
        var disk = new MemoryDisk();
        await using (var spool = TestSpool.Open(disk))
        {
            for (var n = 1; n <= 60; n++)
            {
                await spool.Append(TestSpool.Batch(n, 1 + random.Next(4), 8 + random.Next(1500)));
            }
        }

        var clean = disk.Image();
        for (var round = 0; round < 60; round++)
        {
            var image = clean.ToDictionary(pair => pair.Key, pair => (byte[])pair.Value.Clone());
            var victim = image.Where(pair => pair.Key.EndsWith(".ecs", StringComparison.Ordinal)).OrderBy(pair => pair.Key).ElementAt(random.Next(image.Keys.Count(path => path.EndsWith(".ecs", StringComparison.Ordinal))));
            victim.Value[random.Next(victim.Value.Length)] ^= (byte)(1 << random.Next(8));
            await using var spool = TestSpool.Open(MemoryDisk.From(image));
            var waiting = await spool.Waiting();
            Assert.True(waiting.Count >= 59, $"seed {seed}, round {round}: {waiting.Count} of 60 records left");
            Assert.True(waiting.Count == 60 || spool.Recovery.Quarantined.Count == 1, $"seed {seed}, round {round}: the damage was not reported");
            Assert.Equal(0, spool.Recovery.TornBytes);
        }
    }

    private static async Task Run(int seed, Dictionary<string, byte[]> before, int batches)
    {
        var random = new Random(seed);
        var disk = MemoryDisk.From(before);
        var shapes = new Dictionary<int, SpoolBatch>();
        var acknowledged = new List<(int Step, int Batch, long Record)>();
        var done = new Dictionary<(long Record, int Message), (int Asked, int Durable)>();
        await using (var spool = TestSpool.Open(disk))
        {
            var n = 0;
            while (n < batches)
            {
                var group = Enumerable.Range(0, 1 + random.Next(4)).Select(_ => ++n).ToList();
                var appends = group.Select(i => (i, spool.AppendAsync(shapes[i] = TestSpool.Batch(i, 1 + random.Next(4), random.Next(10) == 0 ? 9000 : 1 + random.Next(1200)), CancellationToken.None).AsTask())).ToList();
                foreach (var (i, append) in appends)
                {
                    var result = await append;
                    Assert.Equal(AppendStatus.Durable, result.Status);
                    acknowledged.Add((disk.StepCount, i, result.RecordNumber));
                }

                foreach (var (_, batch, record) in acknowledged.Where(_ => random.Next(3) == 0).ToList())
                {
                    var messages = Enumerable.Range(0, shapes[batch].Ends.Length).Where(i => random.Next(4) > 0 && !done.ContainsKey((record, i))).ToArray();
                    var asked = disk.StepCount;
                    await spool.Deliver(record, messages);
                    foreach (var message in messages)
                    {
                        done[(record, message)] = (asked, disk.StepCount);
                    }
                }
            }
        }

        var numbers = acknowledged.ToDictionary(a => a.Record, a => a.Batch);
        for (var crash = 0; crash <= disk.Steps.Count; crash++)
        {
            if (crash < disk.Steps.Count && disk.Steps[crash] is not (DiskStep.Write or DiskStep.Flush or DiskStep.FlushNames))
            {
                continue;
            }

            var unflushed = (Unflushed)random.Next(3);
            var context = $"seed {seed}, crash before step {crash} of {disk.Steps.Count}, {unflushed}";
            var first = MemoryDisk.From(CrashImage.At(before, disk.Steps, crash, unflushed, random));
            var base1 = first.Image();
            await using (var spool = TestSpool.Open(first))
            {
                await Check(spool, crash, context);
            }

            // And a second crash while the first recovery was under way.
            var again = random.Next(first.StepCount + 1);
            await using var recovered = TestSpool.Open(MemoryDisk.From(CrashImage.At(base1, first.Steps, again, (Unflushed)random.Next(3), random)));
            await Check(recovered, crash, $"{context}, second crash before step {again}");
        }

        async Task Check(MailSpool spool, int crash, string context)
        {
            var waiting = await spool.Waiting();
            var found = new HashSet<long>();
            long last = 0;
            foreach (var reference in waiting)
            {
                Assert.True(reference.RecordNumber > last, $"{context}: record {reference.RecordNumber} after {last}");
                last = reference.RecordNumber;
                using var record = spool.Read(reference);
                Assert.True(found.Add(record.RecordNumber), context);
                Assert.True(numbers.TryGetValue(record.RecordNumber, out var batch), $"{context}: record {record.RecordNumber} was invented");
                var shape = shapes[batch];
                Assert.Equal(shape.Id, record.Id);
                Assert.Equal(shape.Ends.Length, record.Count);
                var start = 0;
                for (var i = 0; i < record.Count; i++)
                {
                    var end = shape.Ends.Span[i];
                    Assert.True(record.GetPackage(i).Span.SequenceEqual(shape.Packages.Span[start..end]), $"{context}: record {record.RecordNumber} message {i} changed");
                    start = end;
                    var outcome = done.GetValueOrDefault((record.RecordNumber, i), (int.MaxValue, int.MaxValue));
                    Assert.False(record.IsDone(i) && outcome.Item1 > crash, $"{context}: record {record.RecordNumber} message {i} is done too early");
                    Assert.False(!record.IsDone(i) && outcome.Item2 <= crash, $"{context}: record {record.RecordNumber} message {i} came back");
                }
            }

            foreach (var (step, batch, number) in acknowledged.Where(a => a.Step <= crash && !found.Contains(a.Record)))
            {
                var gone = Enumerable.Range(0, shapes[batch].Ends.Length).All(i => done.TryGetValue((number, i), out var outcome) && outcome.Asked <= crash);
                Assert.True(gone, $"{context}: record {number}, acknowledged at step {step}, is lost");
            }

            // What goes beyond the acknowledged is a first part of what was appended.
            var promised = acknowledged.Where(a => a.Step <= crash).Select(a => a.Record).DefaultIfEmpty(0).Max();
            var extra = found.Where(number => number > promised).Order().ToList();
            Assert.True(extra.Count == 0 || extra[^1] == promised + extra.Count, $"{context}: a hole in the unacknowledged end");
            Assert.DoesNotContain(spool.Recovery.Quarantined, name => name.StartsWith("record-", StringComparison.Ordinal));
        }
    }
}
