using EcStreamOrleans.Grains;
using EcStreamOrleans.Protocol.Framing;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>Refusing: a session over a limit is told so with every package, for a while.</summary>
internal sealed partial class EdgeSession
{
    /// <summary>
    /// How long a session over a limit is told so: long enough for a package of 32 MiB to come in at 30 Mbit/s, since no reply
    /// may come before its last octet.
    /// </summary>
    private static readonly TimeSpan RefusalTime = TimeSpan.FromSeconds(10);

    /// <summary>What a session over a limit keeps of its packages: nothing, whatever their length.</summary>
    private static readonly FramingLimits KeepNothing = new(MaxPackageBytes: 0, MaxRecipients: 0, MaxAddressBytes: 0);

    private long _refusedAt;
    private bool _hasRefusedSeat;
    private int _isRefusalCounted;

    // From here on every package is answered with the refusal, for a while: the seat is free for others at once.
    private void Refuse(SessionRefused refusal)
    {
        _refusedAt = _edge.Clock.GetTimestamp();
        if (Interlocked.CompareExchange(ref _refusal, refusal, null) is not null)
        {
            // Batches under way at once may each have asked.
            return;
        }

        RequestedEnd = SessionEnd.Refused;
        if (_hasOctet)
        {
            CountRefusal();
        }

        if (_hasSeat)
        {
            _hasSeat = false;
            _edge.Seats.Leave();
        }

        _hasRefusedSeat = _edge.Seats.TryRefuse();
        if (!_hasRefusedSeat)
        {
            RequestEnd(SessionEnd.Refused);
        }
    }

    // Once, and not before the client says something: a probe is no client that was turned away.
    private void CountRefusal()
    {
        if (_refusal is { } refusal && Interlocked.Exchange(ref _isRefusalCounted, 1) == 0)
        {
            _edge.Instruments.SessionRefused(refusal.Limit);
        }
    }

    private void TickRefused()
    {
        var since = _edge.Clock.GetElapsedTime(_refusedAt);
        if (since >= 2 * RefusalTime)
        {
            // It does not read its replies: only an abort frees the reply pump.
            _connection.Context.Abort(new ConnectionAbortedException("The session was refused and does not end."));
        }
        else if (since >= RefusalTime)
        {
            RequestEnd(SessionEnd.Refused);
        }
    }
}
