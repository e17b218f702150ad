using EcStreamOrleans.Transport.Tls;
using Microsoft.Extensions.Hosting;

namespace EcStreamOrleans.Transport;

/// <summary>Looks once a minute whether the files are others: whoever renews certificates need not tell the process.</summary>
internal sealed class CredentialsWatch(TransportCredentials credentials, TransportLog log, TimeProvider clock) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, clock);
        var shown = credentials.Current;
        Tell(shown);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (credentials.ReloadChanged() is { Count: > 0 } errors)
                {
                    log.NotReloaded(string.Join(" ", errors));
                }

                if (credentials.Current is var current && current != shown)
                {
                    Tell(shown = current);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private void Tell(CredentialSet set)
    {
        var certificate = set.Certificate.TargetCertificate;
        log.Shows(certificate.Subject, certificate.NotAfter.ToUniversalTime());
        if (set.FindDoubt(clock) is { } doubt)
        {
            log.WillBeRefused(certificate.Subject, doubt);
        }
    }
}
