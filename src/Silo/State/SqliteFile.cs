using Microsoft.Data.Sqlite;

namespace EcStreamOrleans.Silo.State;

/// <summary>The SQLite file of the data directory. What is committed to it is on disk.</summary>
/// <remarks>
/// SQLite blocks; a grain's turn must not. Whoever uses it from a grain does so on the thread pool, each operation with a connection
/// of its own (pooled by the library).
/// </remarks>
internal sealed class SqliteFile
{
    private readonly string _connectionString;

    public SqliteFile(string path)
    {
        _connectionString = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 10 }.ToString();
        using var connection = Open();
        Execute(connection, "PRAGMA journal_mode = WAL");
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();

        // An answered write is on disk: in WAL mode only FULL flushes the log at every commit.
        Execute(connection, "PRAGMA synchronous = FULL");
        return connection;
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
