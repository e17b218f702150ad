using System.IO.Pipelines;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace EcStreamOrleans.Edge.Fallback;

/// <summary>The closed set of ways a session ends that was passed on.</summary>
internal enum PassedEnd
{
    /// <summary>The client closed, and then the other side.</summary>
    Closed,

    /// <summary>The other side closed first: it refused, the session was idle, or an operator there closed it.</summary>
    ClosedThere,

    /// <summary>The client reset the connection.</summary>
    Reset,

    /// <summary>The connection to the other side broke off.</summary>
    Lost,

    /// <summary>The client did not read its replies for ECStream_Idle_Time.</summary>
    RepliesNotRead,

    /// <summary>The edge stops.</summary>
    Drained,
}

/// <summary>
/// A session between its client and another datacentre's listener: octets go both ways as they come, each only as fast as it is taken at its other end.
/// What the end of one side is stays one: a client that has sent everything still gets what it is owed.
/// </summary>
internal sealed class PassedSession : IDisposable
{
    private readonly EdgeConnection _client;
    private readonly FallbackConnection _there;
    private readonly EdgeServices _edge;
    private readonly CancellationTokenSource _cut;
    private volatile bool _isDraining;
    private volatile bool _hasEndedThere;

    public PassedSession(EdgeConnection client, FallbackConnection there, EdgeServices edge)
    {
        (_client, _there, _edge) = (client, there, edge);
        _cut = new CancellationTokenSource(Timeout.InfiniteTimeSpan, edge.Clock);
    }

    /// <summary>Octets from the client to the other side.</summary>
    public long Sent { get; private set; }

    /// <summary>Octets from there to the client.</summary>
    public long Received { get; private set; }

    public async Task<PassedEnd> RunAsync()
    {
        using var drain = _client.Draining.Register(static session => ((PassedSession)session!).Drain(), this);
        var sending = SendAsync();
        var receiving = ReceiveAsync();
        if (await Task.WhenAny(sending, receiving) == receiving)
        {
            // Nobody is there any more to answer what still comes.
            _hasEndedThere = true;
            await _cut.CancelAsync();
            _client.Transport.Input.CancelPendingRead();
        }

        var sent = await sending;
        if (sent == PassedEnd.Reset)
        {
            await _cut.CancelAsync();
        }

        return (sent, await receiving) switch
        {
            (_, PassedEnd.RepliesNotRead) => PassedEnd.RepliesNotRead,
            (PassedEnd.Reset, _) or (_, PassedEnd.Reset) => PassedEnd.Reset,
            _ when _isDraining => PassedEnd.Drained,
            (_, PassedEnd.Lost) => PassedEnd.Lost,
            _ => sent,
        };
    }

    public void Dispose() => _cut.Dispose();

    // What was sent whole is answered; a part of a package at the end is dropped there.
    private void Drain()
    {
        _isDraining = true;
        _cut.CancelAfter(_edge.Options.DrainTime);
        _client.Transport.Input.CancelPendingRead();
    }

    private async Task<PassedEnd> SendAsync()
    {
        var input = _client.Transport.Input;
        while (true)
        {
            ReadResult result;
            try
            {
                result = await input.ReadAsync();
            }
            catch (Exception error) when (error is IOException or ConnectionAbortedException)
            {
                return PassedEnd.Reset;
            }

            var isEnd = result.IsCompleted || (result.IsCanceled && (_isDraining || _hasEndedThere));
            try
            {
                foreach (var segment in result.Buffer)
                {
                    await _there.Stream.WriteAsync(segment, _cut.Token);
                }

                Sent += result.Buffer.Length;
                _edge.Instruments.PassedOn(result.Buffer.Length, isToThere: true);
                if (isEnd)
                {
                    await _there.EndSendingAsync();
                }
            }
            catch (Exception error) when (IsLost(error))
            {
                // What the other side said before it went is still to be read.
                return PassedEnd.ClosedThere;
            }
            finally
            {
                input.AdvanceTo(result.Buffer.End);
            }

            if (isEnd)
            {
                return _hasEndedThere ? PassedEnd.ClosedThere : PassedEnd.Closed;
            }
        }
    }

    private async Task<PassedEnd> ReceiveAsync()
    {
        var output = _client.Transport.Output;
        try
        {
            while (true)
            {
                // The first read is of nothing: no buffer is held while nothing comes.
                var read = await _there.Stream.ReadAsync(Memory<byte>.Empty, _cut.Token);
                read += await _there.Stream.ReadAsync(output.GetMemory(), _cut.Token);
                if (read == 0)
                {
                    return PassedEnd.Closed;
                }

                output.Advance(read);
                Received += read;
                _edge.Instruments.PassedOn(read, isToThere: false);
                if (await FlushAsync(output) is { } end)
                {
                    return end;
                }
            }
        }
        catch (Exception error) when (IsLost(error))
        {
            return PassedEnd.Lost;
        }
    }

    /// <returns>Null if the client reads.</returns>
    private async ValueTask<PassedEnd?> FlushAsync(PipeWriter output)
    {
        var flush = output.FlushAsync();
        try
        {
            var result = flush.IsCompletedSuccessfully ? await flush : await flush.AsTask().WaitAsync(
                _edge.Policy.Evaluate(_client.Listen.Address, _client.Peer).IdleTime.Value, _edge.Clock);
            return result.IsCompleted ? PassedEnd.Reset : null;
        }
        catch (TimeoutException)
        {
            _client.Context.Abort(new ConnectionAbortedException("The client does not read its replies."));
            return PassedEnd.RepliesNotRead;
        }
    }

    private static bool IsLost(Exception error) => error is IOException or SocketException or OperationCanceledException or ObjectDisposedException or ConnectionAbortedException;
}
