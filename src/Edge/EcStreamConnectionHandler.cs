using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>The entry point for connections: the one place that catches and logs for each.</summary>
internal sealed class EcStreamConnectionHandler(EdgeServices edge, SessionRegistry sessions)
{
    /// <param name="context">The connection; whoever made it ends it.</param>
    /// <param name="options">The Listen that it came through, as it was then.</param>
    /// <param name="draining">Tells that the Listen goes: what was read is answered, and the session ends.</param>
    public Task RunAsync(ConnectionContext context, ListenEndpointOptions options, CancellationToken draining) =>
        RunAsync(new EdgeConnection(context, context.Transport, PeerId.From(context.RemoteEndPoint), options, draining));

    private async Task RunAsync(EdgeConnection connection)
    {
        var listen = connection.Listen.Address;
        var peer = connection.Peer;
        var started = edge.Clock.GetTimestamp();
        using var session = new EdgeSession(connection, sessions.TrafficOf(peer), edge);
        sessions.Add(session);
        edge.Instruments.SessionOpened();
        var end = SessionEnd.Failed;
        try
        {
            end = await session.RunAsync();
        }
        catch (ConnectionAbortedException)
        {
            end = session.RequestedEnd ?? SessionEnd.Aborted;
        }
        catch (Exception error)
        {
            edge.Log.SessionFailed(error, session.Id, peer.Key, session.Where);
        }
        finally
        {
            sessions.Remove(session);
            edge.Instruments.SessionClosed(end.ToString());
            var seconds = edge.Clock.GetElapsedTime(started).TotalSeconds;
            if (end == SessionEnd.Refused)
            {
                edge.Log.SessionRefused(session.Id, peer.Key, listen, session.Where, session.Refusal!.Text, session.Refusals, session.Messages, seconds);
            }
            else
            {
                edge.Log.SessionEnded(session.Id, peer.Key, listen, end, session.Where, session.Messages, session.Bytes, seconds);
            }
        }

        try
        {
            await session.CloseInGrainAsync();
        }
        catch (Exception error)
        {
            edge.Log.SessionNotClosed(error, session.Id, peer.Key);
        }
    }
}
