using System.Text.RegularExpressions;
using Azure.Data.Tables;
using Azure.Identity;

namespace EcStreamOrleans.Silo.Configuration;

/// <summary>Where grain state and policy log are kept: section <c>Grid:Storage</c>.</summary>
internal sealed partial class StorageSettings
{
    /// <summary>What keeps them. Default: Sqlite.</summary>
    public StorageKind Kind { get; set; } = StorageKind.Sqlite;

    /// <summary>The table service, <c>https://ACCOUNT.table.…</c>, used as the managed identity that the process runs as. Default: none.</summary>
    public string? ServiceUri { get; set; }

    /// <summary>The storage account with its key; for development. Default: none.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>What the names of the tables begin with. Default: ecstream.</summary>
    public string TablePrefix { get; set; } = "ecstream";

    /// <summary>What is wrong with the section. A connection string is never repeated: it has the account's key.</summary>
    public IEnumerable<string> FindErrors()
    {
        if (Kind == StorageKind.Sqlite)
        {
            if ((ServiceUri ?? ConnectionString) is not null)
            {
                yield return "Grid:Storage:ServiceUri and Grid:Storage:ConnectionString are for Grid:Storage:Kind=AzureTables.";
            }

            yield break;
        }

        if (ServiceUri is null == ConnectionString is null)
        {
            yield return "Grid:Storage:Kind = AzureTables: needs either Grid:Storage:ServiceUri, for a managed identity, or Grid:Storage:ConnectionString, in development.";
        }

        if (ServiceUri is not null && (!Uri.TryCreate(ServiceUri, UriKind.Absolute, out var uri) || uri.Scheme != Uri.UriSchemeHttps))
        {
            yield return $"Grid:Storage:ServiceUri = {ServiceUri}: must be of the form https://ACCOUNT.table.….";
        }

        if (ConnectionString is not null && !IsConnectionString(ConnectionString))
        {
            yield return "Grid:Storage:ConnectionString: is no connection string of Azure Storage.";
        }

        if (!Prefix().IsMatch(TablePrefix))
        {
            yield return $"Grid:Storage:TablePrefix = {TablePrefix}: must be 1 to 40 letters and digits, the first a letter.";
        }
    }

    /// <summary>A client of the table service.</summary>
    public TableServiceClient Connect() => ConnectionString is { } text
        ? new TableServiceClient(text)
        : new TableServiceClient(new Uri(ServiceUri!), new DefaultAzureCredential());

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

/// <summary>What keeps grain state and policy log.</summary>
internal enum StorageKind
{
    /// <summary>A file in the data directory.</summary>
    Sqlite,

    /// <summary>Azure Table storage.</summary>
    AzureTables,
}
