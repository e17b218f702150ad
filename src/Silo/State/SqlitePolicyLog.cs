using System.Text.Json;
using EcStreamOrleans.Grains.Policy;

namespace EcStreamOrleans.Silo.State;

/// <summary>The policy log in the SQLite file of the data directory, beside the grains' state.</summary>
internal sealed class SqlitePolicyLog : IPolicyLog
{
    private readonly SqliteFile _file;

    public SqlitePolicyLog(SqliteFile file)
    {
        _file = file;
        using var connection = file.Open();
        SqliteFile.Execute(connection, "CREATE TABLE IF NOT EXISTS policy_log (version INTEGER PRIMARY KEY, entry TEXT NOT NULL)");
    }

    public ValueTask<IReadOnlyList<PolicyEntry>> ReadAsync(long afterVersion, int limit, CancellationToken cancellationToken) =>
        new(Task.Run<IReadOnlyList<PolicyEntry>>(
            () =>
            {
                using var connection = _file.Open();
                using var command = connection.CreateCommand();
                command.CommandText = "SELECT entry FROM policy_log WHERE version > $after ORDER BY version LIMIT $limit";
                command.Parameters.AddWithValue("$after", afterVersion);
                command.Parameters.AddWithValue("$limit", limit);
                using var rows = command.ExecuteReader();
                var entries = new List<PolicyEntry>();
                while (rows.Read())
                {
                    entries.Add(JsonSerializer.Deserialize<PolicyEntry>(rows.GetString(0))!);
                }

                return entries;
            },
            cancellationToken));

    public ValueTask<bool> TryAppendAsync(PolicyEntry entry, CancellationToken cancellationToken) =>
        new(Task.Run(
            () =>
            {
                using var connection = _file.Open();
                using var command = connection.CreateCommand();
                command.CommandText =
                    "INSERT INTO policy_log (version, entry) SELECT $version, $entry WHERE (SELECT COALESCE(MAX(version), 0) FROM policy_log) = $version - 1";
                command.Parameters.AddWithValue("$version", entry.Version);
                command.Parameters.AddWithValue("$entry", JsonSerializer.Serialize(entry));
                return command.ExecuteNonQuery() == 1;
            },
            cancellationToken));
}
