namespace Orleans.Storage;

/// <summary>Somebody else has written the state, or removed it.</summary>
[GenerateSerializer, Alias("ecstream.table-storage-update-condition-not-satisfied")]
public sealed class TableStorageUpdateConditionNotSatisfiedException : InconsistentStateException
{
    /// <summary>A conflict.</summary>
    /// <param name="grainType">The name of the state.</param>
    /// <param name="grainId">The grain.</param>
    /// <param name="tableName">The table.</param>
    /// <param name="currentEtag">The version that the grain goes by.</param>
    /// <param name="storageException">What the table service said.</param>
    public TableStorageUpdateConditionNotSatisfiedException(string grainType, string grainId, string tableName, string currentEtag, Exception storageException)
        : base($"State '{grainType}' of {grainId} in table {tableName} is no longer at version {(currentEtag.Length == 0 ? "(none)" : currentEtag)}: somebody else has written it.", "Unknown", currentEtag, storageException)
    {
        GrainType = grainType;
        GrainId = grainId;
        TableName = tableName;
    }

    /// <summary>The grain.</summary>
    [Id(0)]
    public string GrainId { get; }

    /// <summary>The name of the state.</summary>
    [Id(1)]
    public string GrainType { get; }

    /// <summary>The table.</summary>
    [Id(2)]
    public string TableName { get; }
}
