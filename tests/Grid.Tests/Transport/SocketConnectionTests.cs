using System.Buffers;
using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Grid.Tests.Harness;
using EcStreamOrleans.Transport.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Orleans.Networking.Shared;

namespace EcStreamOrleans.Grid.Tests.Transport;

/// <summary>One connection over a real socket, as Orleans uses it.</summary>
public sealed class SocketConnectionTests : IAsyncLifetime
{
    private static readonly IOptions<SocketConnectionOptions> Options = Microsoft.Extensions.Options.Options.Create(new SocketConnectionOptions());

    private IConnectionListener _listener = null!;
    private ConnectionContext _near = null!;
    private ConnectionContext _far = null!;

    public async Task InitializeAsync()
    {
        _listener = await new SocketListenerFactory(Options, new(NullLogger<EcStreamOrleans.Transport.TransportLog>.Instance), TimeProvider.System).BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var accepting = _listener.AcceptAsync();
        _near = await new SocketConnectionFactory(Options).ConnectAsync(_listener.EndPoint);
        _far = (await accepting)!;
    }

    public async Task DisposeAsync()
    {
        await _near.DisposeAsync();
        await _far.DisposeAsync();
        await _listener.DisposeAsync();
    }

    [Fact]
    public void BothEnds_KnowTheirAddresses()
    {
        Assert.Equal(_near.LocalEndPoint, _far.RemoteEndPoint);
        Assert.Equal(_near.RemoteEndPoint, _far.LocalEndPoint);
    }

    [Fact]
    public async Task WithAPeerThatReadsNoMore_ItEnds()
    {
        // More than all buffers on the way take: the flush waits.
        _near.Transport.Output.Write(new byte[64 * 1024 * 1024]);
        var flushing = _near.Transport.Output.FlushAsync().AsTask();
        Assert.False(flushing.IsCompleted);

        // In this order Orleans closes a connection.
        _near.Transport.Output.CancelPendingFlush();
        Assert.True((await Within.PatienceOf(flushing, "the flush is given up")).IsCanceled);
        await Within.PatienceOf(_near.Transport.Output.CompleteAsync().AsTask(), "the writer completes");
        await EndsAsync(_near);
    }

    [Fact]
    public async Task Abort_EndsAReadOnBothSides_AndIsTold()
    {
        var reading = _near.Transport.Input.ReadAsync().AsTask();
        var farReading = _far.Transport.Input.ReadAsync().AsTask();

        await EndsAsync(_near);

        var end = await Record.ExceptionAsync(async () => Assert.True((await Within.PatienceOf(reading, "the read ends")).IsCompleted));
        Assert.True(end is null or IOException, end?.ToString());
        Assert.True((await Within.PatienceOf(farReading, "the other side reads the end")).IsCompleted);
    }

    [Fact]
    public async Task CancelPendingRead_IsTold_AndTheConnectionLivesOn()
    {
        var reading = _near.Transport.Input.ReadAsync().AsTask();
        _near.Transport.Input.CancelPendingRead();
        var result = await Within.PatienceOf(reading, "the read is given up");
        Assert.True(result.IsCanceled);
        _near.Transport.Input.AdvanceTo(result.Buffer.Start);

        await _far.Transport.Output.WriteAsync(new byte[] { 7 });
        result = await Within.PatienceOf(_near.Transport.Input.ReadAsync().AsTask(), "an octet comes");
        Assert.Equal(7, result.Buffer.FirstSpan[0]);
        _near.Transport.Input.AdvanceTo(result.Buffer.End);
    }

    [Fact]
    public async Task Unbind_EndsAccepting_AndLeavesConnectionsAlone()
    {
        var accepting = _listener.AcceptAsync().AsTask();
        await _listener.UnbindAsync();

        Assert.Null(await Within.PatienceOf(accepting, "accepting ends"));
        await _far.Transport.Output.WriteAsync(new byte[] { 7 });
        Assert.Equal(1, (await Within.PatienceOf(_near.Transport.Input.ReadAsync().AsTask(), "an octet comes")).Buffer.Length);
        await Assert.ThrowsAsync<SocketException>(async () => await new SocketConnectionFactory(Options).ConnectAsync(_listener.EndPoint));
    }

    private static async Task EndsAsync(ConnectionContext connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = connection.ConnectionClosed.Register(closed.SetResult);
        connection.Abort();
        connection.Abort();
        await Within.PatienceOf(closed.Task, "the end is told");
        await connection.DisposeAsync();
        connection.Abort();
    }
}
