using System.Net;
using System.Net.Sockets;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Delivery.Maildirs;

namespace EcStreamOrleans.Cli.Sinking;

/// <summary>A server that takes packages and answers them: something to inject into, and a gateway to relay to.</summary>
internal sealed class Sink
{
    private const int Backlog = 512;

    private static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(200);

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Task> _sessions = [];
    private readonly CliHost _host;
    private readonly SinkOptions _options;
    private readonly SinkCounts _counts;
    private readonly Maildir? _maildir;
    private long _started;
    private string? _deliveryFailure;

    private Sink(CliHost host, SinkOptions options)
    {
        _host = host;
        _options = options;
        _counts = new SinkCounts(options.Max);
        _maildir = options.Maildir is { } directory ? new Maildir(directory, Environment.MachineName, host.TimeProvider) : null;
    }

    public static async Task<int> RunAsync(CliHost host, SinkOptions options, CancellationToken interrupted)
    {
        Socket listener;
        try
        {
            listener = await BindAsync(options.Listen, interrupted);
        }
        catch (SocketException failure)
        {
            return host.CannotStart($"cannot listen on {options.Listen}: {failure.Message}");
        }

        using (listener)
        {
            try
            {
                return await new Sink(host, options).ServeAsync(listener, interrupted);
            }
            finally
            {
                if (options.Listen.Path is { } path)
                {
                    File.Delete(path);
                }
            }
        }
    }

    private static async Task<Socket> BindAsync(EcStreamEndpoint listen, CancellationToken cancellationToken)
    {
        EndPoint endPoint = listen.Path is { } path ? new UnixDomainSocketEndPoint(path)
            : IPAddress.TryParse(listen.Host, out var address) ? new IPEndPoint(address, listen.Port)
            : new IPEndPoint((await Dns.GetHostAddressesAsync(listen.Host, cancellationToken))[0], listen.Port);
        var listener = new Socket(endPoint.AddressFamily, SocketType.Stream, listen.Path is null ? ProtocolType.Tcp : ProtocolType.Unspecified);
        try
        {
            listener.Bind(endPoint);
            listener.Listen(Backlog);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private async Task<int> ServeAsync(Socket listener, CancellationToken interrupted)
    {
        await _host.Out.WriteLineAsync($"listening on {(_options.Listen.Path is null ? listener.LocalEndPoint : _options.Listen)}");
        await _host.Out.FlushAsync(interrupted);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        var accepting = AcceptAsync(listener, end.Token);
        await Task.WhenAny(_counts.Full, accepting);
        await end.CancelAsync();
        await accepting;
        Task[] open;
        lock (_lock)
        {
            open = [.. _sessions.Values];
        }

        await Task.WhenAll(open);
        if (_deliveryFailure is not null)
        {
            _host.Note($"not delivered: {_deliveryFailure}");
        }

        await _host.Out.WriteLineAsync(_counts.ToString());
        return _counts.IsComplete && _deliveryFailure is null ? ExitCode.Success : ExitCode.NotEverything;
    }

    private async Task AcceptAsync(Socket listener, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(end);
                if (_options.Listen.Path is null)
                {
                    socket.NoDelay = true;
                }

                Start(socket, end);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return;
            }
            catch (SocketException failure)
            {
                // A client that went away in the backlog, or no descriptor left: neither ends the sink. The pause keeps the
                // second kind from filling the terminal.
                _host.Note($"accept: {failure.Message}");
                await Task.WhenAny(Task.Delay(AcceptPause, _host.TimeProvider, end));
            }
        }
    }

    private void Start(Socket socket, CancellationToken end)
    {
        lock (_lock)
        {
            var number = ++_started;
            _sessions[number] = Task.Run(() => ConverseAsync(number, socket, end), CancellationToken.None);
        }
    }

    private async Task ConverseAsync(long number, Socket socket, CancellationToken end)
    {
        await using var session = new SinkSession(socket, _options.Reply, _maildir, _counts, _host.TimeProvider);
        try
        {
            await session.RunAsync(end);
        }
        finally
        {
            lock (_lock)
            {
                _deliveryFailure = session.DeliveryFailure ?? _deliveryFailure;
                _sessions.Remove(number);
            }
        }
    }
}
