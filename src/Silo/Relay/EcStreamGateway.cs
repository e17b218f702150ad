using System.Threading.Channels;
using EcStreamOrleans.Delivery;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Protocol.Framing;

namespace EcStreamOrleans.Silo.Relay;

/// <summary>
/// Delivery method ECSTREAM: kept connections, packages pipelined. A gateway that closes behind its first reply, as classic
/// QMQP servers do, gets one message a connection from then on.
/// </summary>
internal sealed partial class EcStreamGateway : IGatewayClient
{
    /// <summary>How long a gateway is taken for one that closes behind a reply, before it is asked again.</summary>
    private static readonly TimeSpan SingleMemory = TimeSpan.FromMinutes(10);

    private readonly EcStreamEndpoint _endpoint;
    private readonly GatewayOptions _gateway;
    private readonly RelayOptions _options;
    private readonly IStreamCodec _codec;
    private readonly TimeProvider _clock;
    private readonly ILogger<EcStreamGateway> _logger;
    private readonly RelayBackOff _backOff;
    private long _singleUntilTicks;

    public EcStreamGateway(GatewayOptions gateway, RelayOptions options, IStreamCodec codec, TimeProvider clock, ILogger<EcStreamGateway> logger)
    {
        _gateway = gateway;
        _options = options;
        _codec = codec;
        _clock = clock;
        _logger = logger;
        _backOff = new RelayBackOff(options, clock);
        _endpoint = EcStreamEndpoint.Tcp(gateway.Host!, gateway.Port);
        Gateway = gateway.Host!.Contains(':') ? $"[{gateway.Host}]:{gateway.Port}" : $"{gateway.Host}:{gateway.Port}";
    }

    public string DeliveryMethod => "ECSTREAM";

    public string Gateway { get; }

    public string? Trouble => _backOff.Trouble;

    private bool TakesOneMessageAConnection => _clock.Elapsed().Ticks < Interlocked.Read(ref _singleUntilTicks);

    public Task RunAsync(ChannelReader<RelayItem> items, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, _options.Connections).Select(_ => RunConnectionsAsync(items, cancellationToken)));

    /// <summary>One connection after the other, for as long as there is work.</summary>
    private async Task RunConnectionsAsync(ChannelReader<RelayItem> items, CancellationToken cancellationToken)
    {
        Queue<Package> carried = [];
        while (carried.Count > 0 || await items.WaitToReadAsync(cancellationToken))
        {
            if (await ConnectAsync(cancellationToken) is not { } connection)
            {
                continue;
            }

            await using (connection)
            {
                var run = new PipelinedConnection(connection, _options, _clock);
                var mostPackages = TakesOneMessageAConnection ? 1 : long.MaxValue;
                var end = await run.RunAsync(carried, items, mostPackages, cancellationToken);
                carried = TakeUnanswered(run, end);
            }
        }
    }

    /// <summary>What was sent and not answered: goes on to the next connection if the gateway cannot have taken it, otherwise waits for a retry.</summary>
    private Queue<Package> TakeUnanswered(PipelinedConnection run, EcStreamEnd? end)
    {
        if (end is null)
        {
            return run.Unsent;
        }

        if (end.SuggestsOnePackageAConnection && !run.WasIdleBeforeEnd)
        {
            Interlocked.Exchange(ref _singleUntilTicks, (_clock.Elapsed() + SingleMemory).Ticks);
            LogOneMessageAConnection(Gateway);
            return run.TakeAll();
        }

        if (run.WasIdleBeforeEnd && end.Kind is EcStreamEndKind.Closed or EcStreamEndKind.Reset)
        {
            // The gateway closed a connection that had no work; what was sent into it was never read.
            return run.TakeAll();
        }

        foreach (var package in run.Unanswered)
        {
            package.Item.SetResult(package.Place, DeliveryResult.Temporary($"4.4.2 {end.Text}"));
        }

        return run.Unsent;
    }

    private async Task<EcStreamConnection?> ConnectAsync(CancellationToken cancellationToken)
    {
        await _backOff.WaitAsync(cancellationToken);
        var result = await EcStreamConnection.ConnectAsync(_endpoint, _gateway.ConnectTimeout, _codec, _clock, cancellationToken);
        if (result.IsConnected)
        {
            if (_backOff.Succeeded())
            {
                LogReachable(Gateway);
            }

            return result.Connection;
        }

        if (_backOff.Failed(result.Error))
        {
            LogUnreachable(Gateway, result.Error);
        }

        return null;
    }

    [LoggerMessage(300, LogLevel.Warning, "Gateway {Gateway} cannot be reached; messages wait in the spool: {Error}")]
    private partial void LogUnreachable(string gateway, string error);

    [LoggerMessage(301, LogLevel.Information, "Gateway {Gateway} can be reached again")]
    private partial void LogReachable(string gateway);

    [LoggerMessage(302, LogLevel.Information, "Gateway {Gateway} closes behind its reply: it gets one message a connection")]
    private partial void LogOneMessageAConnection(string gateway);
}

/// <summary>One message of an item.</summary>
internal readonly record struct Package(RelayItem Item, int Place)
{
    public ReadOnlyMemory<byte> Octets => Item.GetPackage(Place);
}
