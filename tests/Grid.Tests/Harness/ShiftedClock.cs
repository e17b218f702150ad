namespace EcStreamOrleans.Grid.Tests.Harness;

/// <summary>The system's clock, which the test can put forward: a silo's timers go on as ever.</summary>
internal sealed class ShiftedClock : TimeProvider
{
    public TimeSpan Shift { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Shift;
}
