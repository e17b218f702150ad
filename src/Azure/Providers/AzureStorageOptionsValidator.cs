using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;

namespace EcStreamOrleans.Azure.Providers;

/// <summary>Finds out at the start what would otherwise fail at the first call.</summary>
internal sealed partial class AzureStorageOptionsValidator<TOptions>(TOptions options, string name) : IConfigurationValidator
    where TOptions : AzureStorageOperationOptions
{
    /// <summary>Registers options, their check, and their line in the log.</summary>
    public static void Add(IServiceCollection services, string name, Action<OptionsBuilder<TOptions>>? configure)
    {
        configure?.Invoke(services.AddOptions<TOptions>(name));
        services.AddTransient<IConfigurationValidator>(
            s => new AzureStorageOptionsValidator<TOptions>(s.GetRequiredService<IOptionsMonitor<TOptions>>().Get(name), name));
        services.ConfigureNamedOptionForLogging<TOptions>(name);
    }

    public void ValidateConfiguration()
    {
        var where = name.Length == 0 ? typeof(TOptions).Name : $"{typeof(TOptions).Name} of '{name}'";
        if (options.TableServiceClient is null)
        {
            throw new OrleansConfigurationException($"{where}: no client. Set {nameof(options.TableServiceClient)}.");
        }

        if (!TableName().IsMatch(options.TableName))
        {
            throw new OrleansConfigurationException(
                $"{where}: {nameof(options.TableName)} = {options.TableName}: must be 3 to 63 letters and digits, the first a letter.");
        }
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{2,62}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex TableName();
}
