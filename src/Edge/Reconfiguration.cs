using System.Runtime.InteropServices;
using EcStreamOrleans.Hosting;
using EcStreamOrleans.Protocol.Configuration;

namespace EcStreamOrleans.Edge;

/// <summary>
/// Reads the configuration again while the node runs: on SIGHUP and when the admin API is told to. All of it takes effect, or nothing:
/// with any error the one that runs stays.
/// </summary>
public sealed partial class Reconfiguration(
    NodeSettings settings, LiveConfiguration configuration, EdgeListeners listeners, IHostApplicationLifetime lifetime, ILogger<Reconfiguration> logger) : IHostedService, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);
    private PosixSignalRegistration? _signal;

    /// <summary>Reads the configuration again and puts it into effect.</summary>
    /// <param name="cancellationToken">Ends the wait for a call before this one.</param>
    public async Task<ReconfigurationResult> ReloadAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            // Not a part of the file, and of no consequence for it: what is broken stays as it was.
            foreach (var error in await Task.Run(() => settings.TransportCredentials?.Reload() ?? [], cancellationToken))
            {
                LogTransport(error);
            }

            var result = await Task.Run(() => ConfigurationFile.Read(settings), cancellationToken);
            foreach (var diagnostic in result.Diagnostics)
            {
                LogDiagnostic(diagnostic.Severity == ConfigSeverity.Error ? LogLevel.Error : LogLevel.Warning, diagnostic);
            }

            var generation = configuration.Current.Generation;
            if (result.Configuration is not { } grid)
            {
                LogFailed(settings.Conf ?? "the shipped configuration", generation);
                return new ReconfigurationResult(Succeeded: false, generation, result.Diagnostics, []);
            }

            // Whoever comes through a new Listen is judged by what it stands in; so the snapshot goes first.
            configuration.Swap(new LoadedConfiguration(grid, result.Document!, generation + 1));
            var listens = await listeners.ApplyAsync(grid.Listens, CancellationToken.None);
            LogReloaded(settings.Conf ?? "the shipped configuration", generation + 1, listens.Count);
            return new ReconfigurationResult(Succeeded: true, generation + 1, result.Diagnostics, listens);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            // Without this the runtime would take the signal for an order to stop.
            context.Cancel = true;
            if (lifetime.ApplicationStarted.IsCancellationRequested)
            {
                _ = ReloadBySignalAsync();
            }
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _signal?.Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _signal?.Dispose();
        _turn.Dispose();
    }

    private async Task ReloadBySignalAsync()
    {
        try
        {
            await ReloadAsync(lifetime.ApplicationStopping);
        }
        catch (Exception error)
        {
            LogBroken(error);
        }
    }

    [LoggerMessage(440, LogLevel.Information, "Reconfigure complete: {Source} is in effect as generation {Generation}; Listens changed: {Listens}")]
    private partial void LogReloaded(string source, long generation, int listens);

    [LoggerMessage(441, LogLevel.Error, "Reconfigure failed: {Source} has errors; generation {Generation} stays in effect")]
    private partial void LogFailed(string source, long generation);

    [LoggerMessage(444, LogLevel.Error, "The certificates among nodes stay as they were: {Error}")]
    private partial void LogTransport(string error);

    [LoggerMessage(EventId = 442, Message = "{Diagnostic}")]
    private partial void LogDiagnostic(LogLevel level, ConfigDiagnostic diagnostic);

    [LoggerMessage(443, LogLevel.Error, "Reconfigure failed; what was in effect stays")]
    private partial void LogBroken(Exception error);
}

/// <summary>What came of a reload.</summary>
/// <param name="Succeeded">Whether the configuration took effect.</param>
/// <param name="Generation">The generation that is in effect.</param>
/// <param name="Diagnostics">Everything that was said about the files.</param>
/// <param name="Listens">What changed of the Listens, and what could not be.</param>
public sealed record ReconfigurationResult(
    bool Succeeded, long Generation, IReadOnlyList<ConfigDiagnostic> Diagnostics, IReadOnlyList<ListenChange> Listens);
