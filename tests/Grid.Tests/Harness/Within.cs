namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>Time-outs that a loaded two-core machine keeps; a message says what did not happen.</summary>
internal static class Within
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<T> PatienceOf<T>(Task<T> task, string what)
    {
        try
        {
            return await task.WaitAsync(Patience);
        }
        catch (TimeoutException timeout)
        {
            throw new TimeoutException($"Within {Patience.TotalSeconds} s this did not happen: {what}", timeout);
        }
    }

    public static async Task PatienceOf(Task task, string what) =>
        await PatienceOf(task.ContinueWith(_ => task.GetAwaiter().GetResult(), TaskScheduler.Default).ContinueWith(t => { t.GetAwaiter().GetResult(); return true; }, TaskScheduler.Default), what);

    /// <summary>Asks until the answer is yes. Between two questions it waits for a real event of the clock, bounded by the patience.</summary>
    public static async Task Becomes(Func<Task<bool>> question, string what, TimeSpan? patience = null)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        var end = TimeProvider.System.GetTimestamp();
        while (!await question())
        {
            if (TimeProvider.System.GetElapsedTime(end) > (patience ?? Patience))
            {
                throw new TimeoutException($"Within {(patience ?? Patience).TotalSeconds} s this did not come true: {what}");
            }

            await timer.WaitForNextTickAsync();
        }
    }

    public static Task Becomes(Func<bool> question, string what, TimeSpan? patience = null) => Becomes(() => Task.FromResult(question()), what, patience);
}
