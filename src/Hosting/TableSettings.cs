using System.Text.RegularExpressions;
using Azure.Data.Tables;
using Azure.Identity;

namespace EcStreamOrleans.Hosting;

/// <summary>Which table service, and how to get to it.</summary>
public abstract partial class TableSettings
{
    /// <summary>The table service, <c>https://ACCOUNT.table.…</c>, used as the managed identity that the process runs as. Default: none.</summary>
    public string? ServiceUri { get; set; }

    /// <summary>The storage account with its key; for development. Default: none.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether it is said how to get to the service.</summary>
    internal bool IsGiven => (ServiceUri ?? ConnectionString) is not null;

    /// <summary>A client of the table service.</summary>
    public TableServiceClient Connect() => ConnectionString is { } text
        ? new TableServiceClient(text)
        : new TableServiceClient(new Uri(ServiceUri!), new DefaultAzureCredential());

    /// <summary>What is wrong with the way to the service. A connection string is never repeated: it has the account's key.</summary>
    /// <param name="section">The section's name.</param>
    protected IEnumerable<string> FindServiceErrors(string section)
    {
        if (ServiceUri is not null && (!Uri.TryCreate(ServiceUri, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps))
        {
            yield return $"{section}:ServiceUri = {ServiceUri}: must be of the form https://ACCOUNT.table.….";
        }

        if (ConnectionString is not null && !IsConnectionString(ConnectionString))
        {
            yield return $"{section}:ConnectionString: is no connection string of Azure Storage.";
        }
    }

    /// <summary>What is wrong with what tables' names begin with.</summary>
    /// <param name="section">The section's name.</param>
    /// <param name="prefix">The beginning.</param>
    protected static IEnumerable<string> FindPrefixErrors(string section, string prefix) =>
        Prefix().IsMatch(prefix) ? [] : [$"{section}:TablePrefix = {prefix}: must be 1 to 40 letters and digits, the first a letter."];

    private static bool IsConnectionString(string text)
    {
        try
        {
            _ = new TableServiceClient(text);
            return true;
        }
        catch (Exception error) when (error is FormatException or InvalidOperationException or ArgumentException)
        {
            return false;
        }
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9]{0,39}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Prefix();
}
