using EcStreamOrleans.Grains;

namespace EcStreamOrleans.Edge;

/// <summary>Carries out what grains order.</summary>
internal sealed class EdgeObserver(SessionRegistry sessions, IGrainFactory grains) : IEdgeObserver
{
    public async ValueTask CloseIdleAsync(string peer, Guid session, TimeSpan idleTime)
    {
        if (sessions.Find(session) is not { } open)
        {
            await grains.GetGrain<IPeerGrain>(peer).CloseSessionAsync(session, CancellationToken.None);
        }
        else if (open.CloseIfIdle() is { } idleFor)
        {
            await open.ReportActivityAsync(idleFor);
        }
    }
}
