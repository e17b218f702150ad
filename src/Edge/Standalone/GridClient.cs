using System.Net;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Transport;
using Orleans.Configuration;

namespace EcStreamOrleans.Edge.Standalone;

/// <summary>
/// The edge's way to the silos of its cluster. Orleans' client fails the start of its host if no silo answers; this one has services of its own, which
/// <see cref="GridConnection"/> starts behind the host's, however long that takes.
/// </summary>
internal sealed partial class GridClient : IGridAccess, IClientConnectionRetryFilter, IClusterConnectionStatusObserver, IAsyncDisposable
{
    /// <summary>How long after an attempt in vain the next one begins.</summary>
    public static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    /// <summary>How often the list of gateways is read: a part of the time until a gateway that hangs is left, and until a new silo is found.</summary>
    private static readonly TimeSpan GatewayListPeriod = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long silos may leave questions unanswered on connections that stay open before they are taken for gone: machines without power, or a network that is cut, close
    /// none. Twice as long as it takes to leave one silo that hangs while others serve.
    /// </summary>
    private static readonly TimeSpan MaxSilence = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a gateway may take to open a connection: less than a call, so that one that cannot be reached is left before the call that was to go there is made again.
    /// </summary>
    private static readonly TimeSpan ConnectTime = TimeSpan.FromSeconds(3);

    private readonly ServiceProvider _services;
    private readonly IHostedService[] _parts;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private volatile bool _isOpen;
    private volatile bool _isTroubleLogged;
    private volatile int _gateways;
    private volatile bool _isSilent;
    private long _answeredAt;
    private volatile string? _obstacle = "no silo has been reached yet";

    public GridClient(EdgeSettings settings, TimeProvider clock, ILoggerFactory loggers)
    {
        _clock = clock;
        _logger = loggers.CreateLogger<GridClient>();
        var services = new ServiceCollection().AddLogging().AddSingleton(loggers);
        services.AddSingleton<IClusterConnectionStatusObserver>(this).AddSingleton<IClientConnectionRetryFilter>(this);
        services.AddOrleansClient(client => Configure(client, settings));
        _services = services.BuildServiceProvider();
        _parts = [.. _services.GetServices<IHostedService>()];
        Grains = _services.GetRequiredService<IGrainFactory>();
    }

    /// <summary>The grains. There are none before a silo was reached.</summary>
    public IGrainFactory Grains { get; }

    public string? Obstacle => _obstacle;

    /// <summary>Reaches a silo; ends when it has, or with the token.</summary>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        foreach (var part in _parts)
        {
            await part.StartAsync(cancellationToken);
        }
    }

    /// <summary>From here on mail is taken whenever a silo can be reached.</summary>
    public void Open()
    {
        _isOpen = true;
        Heard(isAnswered: true);
        Judge();
    }

    /// <summary>A question was answered, or was not.</summary>
    public void Heard(bool isAnswered)
    {
        if (isAnswered)
        {
            _answeredAt = _clock.GetTimestamp();
        }

        var isSilent = _clock.GetElapsedTime(_answeredAt) >= MaxSilence;
        if (isSilent != _isSilent)
        {
            _isSilent = isSilent;
            Judge();
        }
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _isOpen = false;
        foreach (var part in _parts)
        {
            await part.StopAsync(cancellationToken);
        }
    }

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        // Whatever it is, the membership's store included: it may be better the next time.
        var reason = exception.GetBaseException().Message.Split('\n')[0].Trim();
        _obstacle = $"no silo has been reached yet: {reason}";
        LogTrouble(reason);
        await Task.Delay(RetryPeriod, _clock, cancellationToken);
        return true;
    }

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        _gateways = currentNumberOfGateways;
        Judge();
    }

    public void NotifyClusterConnectionLost()
    {
        // The count says so, too.
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static void Configure(IClientBuilder client, EdgeSettings settings)
    {
        if (settings.Clustering.Kind == ClusteringKind.AzureTables)
        {
            client.UseAzureStorageClustering(options =>
            {
                options.TableServiceClient = settings.Clustering.Connect(settings.Storage);
                options.TableName = settings.Clustering.TableName(settings.Storage);
            });
        }
        else
        {
            client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, settings.GatewayPort));
        }

        client.UseGridTransport(settings.Transport, settings.TransportCredentials);
        client.Configure<ClusterOptions>(cluster => (cluster.ServiceId, cluster.ClusterId) = (settings.ServiceId, settings.ClusterId));
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = GatewayListPeriod);

        client.Configure<ConnectionOptions>(connections =>
        {
            connections.OpenConnectionTimeout = ConnectTime;

            // Below our own period: what failed may be tried again by then.
            connections.ConnectionRetryDelay = RetryPeriod / 2;
        });
    }

    private void Judge()
    {
        if (!_isOpen)
        {
            return;
        }

        if (_gateways > 0 && !_isSilent)
        {
            _obstacle = null;
            _isTroubleLogged = false;
            LogReached(_gateways);
        }
        else
        {
            _obstacle = "no silo can be reached";
            LogTrouble(_gateways > 0 ? $"no silo has answered for {MaxSilence.TotalSeconds} s" : "no connection to a gateway is left");
        }
    }

    private void LogTrouble(string reason)
    {
        if (!_isTroubleLogged)
        {
            _isTroubleLogged = true;
            LogNotReached(reason);
        }
    }

    [LoggerMessage(240, LogLevel.Information, "Grid: mail is taken, through {Gateways} gateways")]
    private partial void LogReached(int gateways);

    [LoggerMessage(241, LogLevel.Warning, "Grid: no silo can be reached, mail is put off: {Reason}. It is tried again every second")]
    private partial void LogNotReached(string reason);
}
