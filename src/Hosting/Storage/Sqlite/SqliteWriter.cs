using System.Diagnostics;
using Microsoft.Data.Sqlite;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>
/// The file's one writer. SQLite has a single writer anyway, and a transaction costs far more than a row: a thread of its own takes whatever waits, runs it
/// as one transaction, and tells the callers only after the commit. Under load a group carries hundreds of writes; a lone write waits for nobody.
/// </summary>
internal sealed class SqliteWriter(SqliteFile file, SqliteTrouble trouble) : IDisposable
{
    /// <summary>Bounds a transaction, and with it the longest wait of the next group.</summary>
    private const int MaxGroup = 1000;

    private const string Database = "sqlite";

    private readonly object _queue = new();
    private List<Operation> _waiting = [];
    private Thread? _thread;
    private SqliteStatements? _statements;
    private bool _isClosing;

    /// <summary>Runs a write, in order of arrival. What it did is durable when the task has completed; when the task has failed, nothing of it was
    /// done.</summary>
    /// <param name="write">May run more than once, each time on the state before it: it must do nothing but use the statements.</param>
    /// <exception cref="SqliteException">The file cannot be written; all writes of the same group fail with it.</exception>
    public Task<T> WriteAsync<T>(Func<SqliteStatements, T> write)
    {
        var operation = new Operation<T>(write);
        lock (_queue)
        {
            ObjectDisposedException.ThrowIf(_isClosing, this);
            _waiting.Add(operation);
            if (_thread is null)
            {
                _thread = new Thread(Run) { IsBackground = true, Name = "SQLite writer" };
                _thread.Start();
            }

            if (_waiting.Count == 1)
            {
                Monitor.Pulse(_queue);
            }
        }

        return operation.Task;
    }

    /// <summary>Writes what waits and closes the file.</summary>
    public void Dispose()
    {
        lock (_queue)
        {
            _isClosing = true;
            Monitor.Pulse(_queue);
        }

        _thread?.Join();
    }

    private void Run()
    {
        while (TakeGroup() is { } group)
        {
            Commit(group);
        }

        CloseConnection();
    }

    private List<Operation>? TakeGroup()
    {
        lock (_queue)
        {
            while (_waiting.Count == 0)
            {
                if (_isClosing)
                {
                    return null;
                }

                Monitor.Wait(_queue);
            }

            var group = _waiting;
            _waiting = group.Count > MaxGroup ? group[MaxGroup..] : [];
            return group.Count > MaxGroup ? group[..MaxGroup] : group;
        }
    }

    private void Commit(List<Operation> group)
    {
        var done = group;
        var began = Stopwatch.GetTimestamp();
        try
        {
            if (!TryRunAll(group))
            {
                done = RunApart(group);
            }
        }
#pragma warning disable CA1031 // Whatever went wrong, the callers hear it and the thread goes on.
        catch (Exception error)
#pragma warning restore CA1031
        {
            CloseConnection();
            StorageMeter.Committed(Database, group.Count, Stopwatch.GetElapsedTime(began), succeeded: false);
            trouble.WriteFailed(error);
            group.ForEach(operation => operation.Fail(error));
            return;
        }

        StorageMeter.Committed(Database, group.Count, Stopwatch.GetElapsedTime(began), succeeded: true);
        trouble.WriteSucceeded();
        done.ForEach(operation => operation.Complete());
    }

    /// <summary>Runs a group as one transaction. False when an operation failed by itself; nothing of the group is done then.</summary>
    private bool TryRunAll(List<Operation> group)
    {
        var statements = Begin();
        try
        {
            group.ForEach(operation => operation.Run(statements));
        }
#pragma warning disable CA1031 // Judged by IsTroubleOfTheFile.
        catch (Exception error) when (!IsTroubleOfTheFile(error))
#pragma warning restore CA1031
        {
            statements.Execute("ROLLBACK");
            return false;
        }

        statements.Execute("COMMIT");
        return true;
    }

    /// <summary>
    /// Runs a group as one transaction with a savepoint around each operation, so that those that fail by themselves go alone; returns the others. The
    /// savepoints cost two statements an operation, so this is only for a group that is known to need it.
    /// </summary>
    private List<Operation> RunApart(List<Operation> group)
    {
        var done = new List<Operation>(group.Count);
        var faulty = new List<(Operation Operation, Exception Error)>();
        var statements = Begin();
        foreach (var operation in group)
        {
            statements.Execute("SAVEPOINT one");
            try
            {
                operation.Run(statements);
                done.Add(operation);
            }
#pragma warning disable CA1031 // Judged by IsTroubleOfTheFile.
            catch (Exception error) when (!IsTroubleOfTheFile(error))
#pragma warning restore CA1031
            {
                statements.Execute("ROLLBACK TO one");
                faulty.Add((operation, error));
            }

            statements.Execute("RELEASE one");
        }

        statements.Execute("COMMIT");
        faulty.ForEach(one => one.Operation.Fail(one.Error));
        return done;
    }

    private SqliteStatements Begin()
    {
        file.ThrowIfLost();
        _statements ??= new SqliteStatements(file.OpenForWriting());
        _statements.Execute("BEGIN IMMEDIATE");
        return _statements;
    }

    /// <summary>Errors of a statement (ERROR, TOOBIG, CONSTRAINT, MISMATCH, RANGE of SQLite's result codes) are the operation's own; every other one concerns
    /// the file.</summary>
    private static bool IsTroubleOfTheFile(Exception error) => error is SqliteException { SqliteErrorCode: not (1 or 18 or 19 or 20 or 25) };

    private void CloseConnection()
    {
        try
        {
            _statements?.Dispose();
        }
        catch (SqliteException error)
        {
            trouble.CloseFailed(error);
        }

        _statements = null;
    }

    private abstract class Operation
    {
        public abstract void Run(SqliteStatements statements);

        public abstract void Complete();

        public abstract void Fail(Exception error);
    }

    private sealed class Operation<T>(Func<SqliteStatements, T> write) : Operation
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;

        public Task<T> Task => _done.Task;

        public override void Run(SqliteStatements statements) => _result = write(statements);

        public override void Complete() => _done.SetResult(_result);

        public override void Fail(Exception error) => _done.SetException(error);
    }
}
