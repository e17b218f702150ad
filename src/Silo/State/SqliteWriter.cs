using Microsoft.Data.Sqlite;

namespace EcStreamOrleans.Silo.State;

/// <summary>
/// Writes to a file one group after the other: SQLite has one writer at a time, and those that wait meanwhile share the next transaction and its
/// flush. A change of policy at thousands of scopes is as many writes at once, which would otherwise wait for each other's locks and flushes.
/// </summary>
internal sealed class SqliteWriter(SqliteFile file)
{
    /// <summary>Writes of a transaction. A bound on how long the file is locked for others.</summary>
    private const int MaxGroup = 1_000;

    private readonly Lock _lock = new();
    private readonly Queue<Write> _waiting = new();
    private bool _isWriting;

    /// <summary>Makes a write; it is on disk when the task completes.</summary>
    /// <param name="write">Executes on the thread pool, in a transaction that is not its own. It must not fail for reasons of its own.</param>
    public Task<T> WriteAsync<T>(Func<SqliteConnection, SqliteTransaction, T> write)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            T result = default!;
            _waiting.Enqueue(new Write((connection, transaction) => result = write(connection, transaction), () => done.SetResult(result), done.SetException));
            if (!_isWriting)
            {
                _isWriting = true;
                _ = Task.Run(WriteAll);
            }
        }

        return done.Task;
    }

    private void WriteAll()
    {
        while (TakeGroup() is { Count: > 0 } group)
        {
            try
            {
                using var connection = file.Open();
                using var transaction = connection.BeginTransaction(deferred: false);
                group.ForEach(write => write.Execute(connection, transaction));
                transaction.Commit();
            }
            catch (Exception error)
            {
                group.ForEach(write => write.Fail(error));
                continue;
            }

            group.ForEach(write => write.Complete());
        }
    }

    private List<Write> TakeGroup()
    {
        lock (_lock)
        {
            var group = new List<Write>();
            while (group.Count < MaxGroup && _waiting.TryDequeue(out var write))
            {
                group.Add(write);
            }

            _isWriting = group.Count > 0;
            return group;
        }
    }

    private sealed record Write(Action<SqliteConnection, SqliteTransaction> Execute, Action Complete, Action<Exception> Fail);
}
