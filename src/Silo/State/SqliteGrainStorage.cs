using System.Text.Json;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace EcStreamOrleans.Silo.State;

/// <summary>
/// Grain state in one SQLite file of the data directory: the embedded store of a grid that has no other. Every write is
/// conditional on the version that was read, and on disk before it is answered.
/// </summary>
internal sealed class SqliteGrainStorage : IGrainStorage
{
    private readonly SqliteFile _file;
    private readonly SqliteWriter _writer;

    public SqliteGrainStorage(SqliteFile file)
    {
        (_file, _writer) = (file, new SqliteWriter(file));
        using var connection = file.Open();
        SqliteFile.Execute(
            connection,
            """
            CREATE TABLE IF NOT EXISTS grain_state (
                state_name TEXT NOT NULL,
                grain_id   TEXT NOT NULL,
                version    INTEGER NOT NULL,
                payload    TEXT,
                PRIMARY KEY (state_name, grain_id)
            ) WITHOUT ROWID
            """);
    }

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Task.Run(() =>
        {
            using var connection = _file.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "SELECT version, payload FROM grain_state WHERE state_name = $state AND grain_id = $grain";
            Name(command, stateName, grainId);
            using var row = command.ExecuteReader();
            if (!row.Read())
            {
                Set(grainState, default, eTag: null, exists: false);
            }
            else if (row.IsDBNull(1))
            {
                // Cleared: the version lives on, so that a writer from before the clearing is found out.
                Set(grainState, default, row.GetInt64(0), exists: false);
            }
            else
            {
                Set(grainState, JsonSerializer.Deserialize<T>(row.GetString(1)), row.GetInt64(0), exists: true);
            }
        });

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        // Serialised here, in the grain's turn: behind it the grain may go on to change its state.
        Set(grainState, grainState.State, await StoreAsync(stateName, grainId, grainState.ETag, JsonSerializer.Serialize(grainState.State)), exists: true);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        Set(grainState, default, await StoreAsync(stateName, grainId, grainState.ETag, payload: null), exists: false);

    private async Task<long> StoreAsync(string stateName, GrainId grainId, string? eTag, string? payload) =>
        await _writer.WriteAsync((connection, transaction) => Store(connection, transaction, stateName, grainId, eTag, payload))
        ?? throw new InconsistentStateException($"State '{stateName}' of {grainId} is no longer at version {eTag ?? "(none)"}: somebody else has written it.", "unknown", eTag ?? "none");

    private static long? Store(SqliteConnection connection, SqliteTransaction transaction, string stateName, GrainId grainId, string? eTag, string? payload)
    {
        using var command = connection.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = eTag is null
            ? "INSERT INTO grain_state (state_name, grain_id, version, payload) VALUES ($state, $grain, 1, $payload) ON CONFLICT DO NOTHING RETURNING version"
            : "UPDATE grain_state SET version = version + 1, payload = $payload WHERE state_name = $state AND grain_id = $grain AND version = $version RETURNING version";
        Name(command, stateName, grainId);
        command.Parameters.AddWithValue("$payload", (object?)payload ?? DBNull.Value);
        if (eTag is not null)
        {
            command.Parameters.AddWithValue("$version", long.Parse(eTag));
        }

        return command.ExecuteScalar() as long?;
    }

    private static void Set<T>(IGrainState<T> grainState, T? state, long? eTag, bool exists)
    {
        grainState.State = state ?? Activator.CreateInstance<T>();
        grainState.ETag = eTag?.ToString()!;
        grainState.RecordExists = exists;
    }

    private static void Name(SqliteCommand command, string stateName, GrainId grainId)
    {
        command.Parameters.AddWithValue("$state", stateName);
        command.Parameters.AddWithValue("$grain", grainId.ToString());
    }
}
