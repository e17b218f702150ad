using System.Net;
using EcStreamOrleans.Protocol;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace EcStreamOrleans.Edge;

/// <summary>The entry point for connections: the one place that catches and logs for each.</summary>
internal sealed class EcStreamConnectionHandler(EdgeServices edge, SessionRegistry sessions)
{
    public async Task RunAsync(ConnectionContext connection, EdgeListener listener)
    {
        var listen = listener.Address;
        if (connection.RemoteEndPoint is IPEndPoint && connection.Features.Get<IConnectionSocketFeature>() is { } transport)
        {
            transport.Socket.NoDelay = listener.Socket.NoDelay;
        }

        var started = edge.Clock.GetTimestamp();
        var peer = PeerId.From(connection.RemoteEndPoint);
        using var session = new EdgeSession(connection, peer, listen, sessions.TrafficOf(peer), edge);
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
