using System.Reflection;
using EcStreamOrleans.Protocol.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace EcStreamOrleans.Hosting;

/// <summary>A program of the grid: reads what it is told, says everything that is wrong with it at once, and runs.</summary>
/// <typeparam name="TSettings">Its settings.</typeparam>
/// <param name="Arguments">Its command line.</param>
/// <param name="Read">Reads and checks its settings; takes a sentence for everything that is wrong.</param>
/// <param name="Build">Puts it together.</param>
/// <param name="Explain">Says in a line why a start failed; null if the failure is unexpected.</param>
public sealed record NodeProgram<TSettings>(
    ProgramArguments Arguments,
    Func<IConfiguration, List<string>, TSettings> Read,
    Func<WebApplicationBuilder, TSettings, LoadedConfiguration, WebApplication> Build,
    Func<Exception, TSettings, string?> Explain)
    where TSettings : NodeSettings
{
    /// <summary>Runs the program.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="errorOutput">Standard error.</param>
    /// <returns>0 after an orderly stop, 1 if the program failed, 2 if it was told something it cannot do.</returns>
    public async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errorOutput)
    {
        ArgumentNullException.ThrowIfNull(args);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(errorOutput);
        if (args.Contains("--help") || args.Contains("-h"))
        {
            await output.WriteAsync(Arguments.Help);
            return 0;
        }

        if (args.Contains("--version"))
        {
            await output.WriteLineAsync(NodeProgram.Version);
            return 0;
        }

        var errors = new List<string>(Arguments.FindErrors(args));
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        if (errors.Count == 0)
        {
            builder.Configuration.AddCommandLine(args, Arguments.Switches.ToDictionary(StringComparer.OrdinalIgnoreCase));
        }

        var settings = Read(builder.Configuration, errors);
        settings.ReadFiles(errors);
        errors.AddRange(settings.FindSecrets(builder.Environment));
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
            await using var app = Build(builder, settings, configuration);
            return await NodeProgram.RunAsync(app);
        }
        catch (Exception error) when (Explain(error, settings) is { } words)
        {
            await errorOutput.WriteLineAsync(words);
            return 1;
        }
    }

    private static LoadedConfiguration? ReadConfiguration(TSettings settings, List<string> errors, TextWriter errorOutput)
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

/// <summary>The life of a program that is put together.</summary>
public static class NodeProgram
{
    /// <summary>The version of all programs of the grid.</summary>
    public static string Version { get; } =
        typeof(NodeProgram).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    /// <summary>Runs until told to stop. A start that fails behind that of the grains is taken back in order, instead of pulling its services away.</summary>
    /// <param name="app">The program.</param>
    /// <returns>0 after an orderly stop, 1 if a part of the program failed and stopped it: whoever supervises the process must know.</returns>
    public static async Task<int> RunAsync(WebApplication app)
    {
        ArgumentNullException.ThrowIfNull(app);
        try
        {
            await app.StartAsync();
        }
        catch (Exception error)
        {
            // A silo that has not become active cannot be stopped in order.
            if (app.Services.GetService<ISiloStatusOracle>() is null or { CurrentStatus: SiloStatus.Active })
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
}
