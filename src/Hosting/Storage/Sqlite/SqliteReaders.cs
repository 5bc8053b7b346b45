using System.Collections.Concurrent;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>The connections that read: as many as ever read at once, each with its statements compiled.</summary>
internal sealed class SqliteReaders(SqliteFile file, SqliteTrouble trouble) : IDisposable
{
    private readonly ConcurrentBag<SqliteStatements> _idle = [];
    private volatile bool _isDisposed;

    /// <summary>Reads. Sees everything that was committed when it is called.</summary>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">The file cannot be read.</exception>
    public T Read<T>(Func<SqliteStatements, T> read)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        SqliteStatements? statements = null;
        try
        {
            if (!_idle.TryTake(out statements))
            {
                statements = new SqliteStatements(file.OpenForReading());
            }

            var result = read(statements);
            _idle.Add(statements);
            trouble.ReadSucceeded();
            return result;
        }
        catch (Exception error)
        {
            // A connection that failed is closed; the next one opens the file afresh.
            statements?.Dispose();
            trouble.ReadFailed(error);
            throw;
        }
        finally
        {
            if (_isDisposed)
            {
                Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        while (_idle.TryTake(out var statements))
        {
            statements.Dispose();
        }
    }
}
