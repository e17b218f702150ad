using System.Reflection;
using EcStreamOrleans.Protocol.Configuration;
using EcStreamOrleans.Silo.Configuration;

namespace EcStreamOrleans.Silo;

/// <summary>The silo as a program: reads what it is told, says everything that is wrong with it at once, and runs.</summary>
internal static class SiloProgram
{
    public static string Version { get; } =
        typeof(SiloProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <returns>0 after an orderly stop, 1 if the silo failed, 2 if it was told something it cannot do.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errorOutput)
    {
        if (args.Contains("--help") || args.Contains("-h"))
        {
            await output.WriteAsync(SiloArguments.Help);
            return 0;
        }

        if (args.Contains("--version"))
        {
            await output.WriteLineAsync(Version);
            return 0;
        }

        var errors = new List<string>(SiloArguments.FindErrors(args));
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        if (errors.Count == 0)
        {
            builder.Configuration.AddCommandLine(args, SiloArguments.Switches);
        }

        var settings = GridSettings.Read(builder.Configuration, errors);
        if (settings.Storage.ConnectionString is not null && !builder.Environment.IsDevelopment())
        {
            errors.Add("Grid:Storage:ConnectionString has the account's key and is for development: use Grid:Storage:ServiceUri and a managed identity, or set DOTNET_ENVIRONMENT=Development.");
        }

        var configuration = ReadConfiguration(settings, errors, errorOutput);
        if (errors.Count > 0 || configuration is null)
        {
            foreach (var error in errors)
            {
                await errorOutput.WriteLineAsync(error);
            }

            return 2;
        }

        try
        {
            await using var app = SiloHosting.Build(builder, settings, configuration, more: null);
            return await RunAsync(app);
        }
        catch (Exception error) when (SiloFailures.Explain(error, settings) is { } words)
        {
            await errorOutput.WriteLineAsync(words);
            return 1;
        }
    }

    /// <summary>Runs until told to stop. A start that fails behind the silo's own is taken back in order, instead of pulling its services away.</summary>
    /// <returns>0 after an orderly stop, 1 if a part of the silo failed and stopped it: whoever supervises the process must know.</returns>
    internal static async Task<int> RunAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
        }
        catch (Exception error)
        {
            if (app.Services.GetRequiredService<ISiloStatusOracle>().CurrentStatus == SiloStatus.Active)
            {
                await app.StopAsync();
            }

            if (error is OperationCanceledException or OrleansLifecycleCanceledException
                && app.Lifetime.ApplicationStopping.IsCancellationRequested)
            {
                // Told to stop, or stopped by a part, before everything had started.
                return HasFailed(app) ? 1 : 0;
            }

            throw;
        }

        await app.WaitForShutdownAsync();
        return HasFailed(app) ? 1 : 0;
    }

    /// <summary>The framework stops for a part that fails, and logs it, but takes the end for an orderly one.</summary>
    private static bool HasFailed(WebApplication app) =>
        app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Any(part => part.ExecuteTask is { IsFaulted: true });

    private static LoadedConfiguration? ReadConfiguration(GridSettings settings, List<string> errors, TextWriter errorOutput)
    {
        var result = ConfigurationFile.Read(settings);
        foreach (var diagnostic in result.Diagnostics)
        {
            if (diagnostic.Severity == ConfigSeverity.Error)
            {
                errors.Add(diagnostic.ToString());
            }
            else
            {
                errorOutput.WriteLine(diagnostic.ToString());
            }
        }

        return result.Configuration is { } grid ? new LoadedConfiguration(grid, result.Document!, Generation: 1) : null;
    }
}
