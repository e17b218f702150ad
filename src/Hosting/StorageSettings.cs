namespace EcStreamOrleans.Hosting;

/// <summary>Where grain state and policy log are kept: section <c>Grid:Storage</c>.</summary>
public sealed class StorageSettings : TableSettings
{
    private const string Section = "Grid:Storage";

    /// <summary>What keeps them. Default: Sqlite.</summary>
    public StorageKind Kind { get; set; } = StorageKind.Sqlite;

    /// <summary>What the names of the tables begin with. Default: ecstream.</summary>
    public string TablePrefix { get; set; } = "ecstream";

    /// <summary>What is wrong with the section: a sentence a fault.</summary>
    public IEnumerable<string> FindErrors()
    {
        if (Kind == StorageKind.Sqlite)
        {
            return IsGiven ? [$"{Section}:ServiceUri and {Section}:ConnectionString are for {Section}:Kind=AzureTables."] : [];
        }

        IEnumerable<string> missing = ServiceUri is null == ConnectionString is null
            ? [$"{Section}:Kind = AzureTables: needs either {Section}:ServiceUri, for a managed identity, or {Section}:ConnectionString, in development."]
            : [];
        return [.. missing, .. FindServiceErrors(Section), .. FindPrefixErrors(Section, TablePrefix)];
    }
}

/// <summary>What keeps grain state and policy log.</summary>
public enum StorageKind
{
    /// <summary>A file in the data directory.</summary>
    Sqlite,

    /// <summary>Azure Table storage.</summary>
    AzureTables,
}
