using System.Net.Security;
using EcStreamOrleans.Protocol;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge;

/// <summary>The entry point for connections: the one place that catches and logs for each.</summary>
internal sealed class EcStreamConnectionHandler(EdgeServices edge, SessionRegistry sessions)
{
    private readonly ConnectionOpening _opening = new(edge.Options, edge.Clock);

    /// <param name="context">The connection; whoever made it ends it.</param>
    /// <param name="listen">The Listen that it came through, as it was then.</param>
    /// <param name="draining">Tells that the Listen goes: what was read is answered, and the session ends.</param>
    public Task RunAsync(ConnectionContext context, ListenEndpointOptions listen, CancellationToken draining) =>
        listen.Tls is null && listen.Proxy is null
            ? ConverseAsync(new EdgeConnection(context, context.Transport, PeerId.From(context.RemoteEndPoint), listen, draining))
            : OpenAsync(context, listen, draining);

    private async Task OpenAsync(ConnectionContext context, ListenEndpointOptions listen, CancellationToken draining)
    {
        var opened = await _opening.OpenAsync(context, listen, draining);
        if (opened.Connection is { } connection)
        {
            await ConverseAsync(connection);
            if (opened.Stream is { } stream)
            {
                await CloseAsync(stream, connection);
            }
        }
        else if (opened.Fault is OpeningFault.Probe or OpeningFault.Drained)
        {
            edge.Log.NothingSent(PeerId.From(context.RemoteEndPoint).Key, listen.Address, opened.Words);
        }
        else
        {
            edge.Instruments.ConnectionFailed(opened.Fault.ToString());
            edge.Log.NotOpened(PeerId.From(context.RemoteEndPoint).Key, listen.Address, opened.Words);
        }
    }

    private async Task ConverseAsync(EdgeConnection connection)
    {
        if (edge.Maintenance.Reason is null && edge.Fallback.Takes(connection) && await TryPassAsync(connection))
        {
            return;
        }

        var listen = connection.Listen.Address;
        var peer = connection.Peer;
        var over = connection.Over;
        var started = edge.Clock.GetTimestamp();
        using var session = new EdgeSession(connection, sessions.TrafficOf(peer), edge);
        sessions.Add(session);
        edge.Instruments.SessionOpened();
        edge.Log.SessionBegins(session.Id, peer.Key, listen, over);
        var end = SessionEnd.Failed;
        try
        {
            end = await session.RunAsync();
        }
        catch (Exception aborted) when (aborted is ConnectionAbortedException || aborted.InnerException is ConnectionAbortedException)
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
            if (session.IsProbe)
            {
                edge.Log.NothingSent(peer.Key, listen, "closed without an octet");
            }
            else if (end == SessionEnd.Refused)
            {
                edge.Log.SessionRefused(session.Id, peer.Key, listen, over, session.Where, session.Refusal!.Text, session.Refusals, session.Messages, seconds);
            }
            else
            {
                edge.Log.SessionEnded(session.Id, peer.Key, listen, over, end, session.Where, session.Messages, session.Bytes, seconds);
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

    // Without a seat the session says so itself.
    private async Task<bool> TryPassAsync(EdgeConnection connection)
    {
        if (!edge.Seats.TryTake(out _))
        {
            return false;
        }

        try
        {
            return await edge.Fallback.TryPassAsync(connection, edge);
        }
        catch (Exception error)
        {
            if (!connection.Draining.IsCancellationRequested)
            {
                edge.Log.PassingFailed(error, connection.Peer.Key, connection.Listen.Address);
            }

            return true;
        }
        finally
        {
            edge.Seats.Leave();
        }
    }

    // Tells the client that nothing was cut off; whether it still listens is all the same.
    private async Task CloseAsync(SslStream stream, EdgeConnection connection)
    {
        try
        {
            await stream.ShutdownAsync();
            await connection.Transport.Output.CompleteAsync();
        }
        catch (Exception error) when (error is IOException or OperationCanceledException or InvalidOperationException)
        {
            edge.Log.NotShutDown(error, connection.Peer.Key);
        }
        finally
        {
            await connection.Transport.Input.CompleteAsync();
            await stream.DisposeAsync();
        }
    }
}
