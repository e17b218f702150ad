using Azure.Data.Tables;

namespace EcStreamOrleans.Hosting;

/// <summary>How silos and edges find one another: section <c>Grid:Clustering</c>.</summary>
public class ClusteringSettings : TableSettings
{
    private const string Section = "Grid:Clustering";

    /// <summary>Where the node stands, such as its availability zone; of a silo its metadata <c>zone</c>, too. Default: none.</summary>
    public string? Zone { get; set; }

    /// <summary>How. Default: Localhost.</summary>
    public ClusteringKind Kind { get; set; } = ClusteringKind.Localhost;

    /// <summary>What the name of the membership table begins with. Default: Grid:Storage:TablePrefix.</summary>
    public string? TablePrefix { get; set; }

    /// <summary>A client of the table service that has the membership: that of the section, or else that of the state.</summary>
    /// <param name="storage">Where the state is.</param>
    public TableServiceClient Connect(StorageSettings storage) => (IsGiven ? (TableSettings)this : storage).Connect();

    /// <summary>The membership table.</summary>
    /// <param name="storage">Where the state is.</param>
    public string TableName(StorageSettings storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        return $"{TablePrefix ?? storage.TablePrefix}SiloInstances";
    }

    /// <summary>What is wrong with the section: a sentence a fault.</summary>
    /// <param name="storage">Where the state is.</param>
    internal IEnumerable<string> FindErrors(StorageSettings storage)
    {
        if (Kind == ClusteringKind.Localhost)
        {
            return IsGiven || TablePrefix is not null
                ? [$"{Section}:ServiceUri, {Section}:ConnectionString and {Section}:TablePrefix are for {Section}:Kind=AzureTables."]
                : [];
        }

        var isNoneGiven = !IsGiven && !storage.IsGiven;
        IEnumerable<string> missing = isNoneGiven || (ServiceUri is not null && ConnectionString is not null)
            ? [$"{Section}:Kind = AzureTables: needs either {Section}:ServiceUri, for a managed identity, or {Section}:ConnectionString, in development, or those of Grid:Storage."]
            : [];
        return [.. missing, .. FindServiceErrors(Section), .. FindPrefixErrors(Section, TablePrefix ?? "ecstream")];
    }
}

/// <summary>How silos and edges find one another.</summary>
public enum ClusteringKind
{
    /// <summary>One silo, and edges on its machine.</summary>
    Localhost,

    /// <summary>By a table of Azure Table storage.</summary>
    AzureTables,
}
