using System.Collections.Concurrent;
using Npgsql;

namespace Opsen.Hosting.Storage.Postgres;

/// <summary>Logs once when the database begins to fail, and once when it works again.</summary>
internal sealed partial class PostgresTrouble(ILogger<PostgresTrouble> logger)
{
    private const int MaxUnreadable = 1_000;

    private readonly ConcurrentDictionary<string, byte> _unreadable = new(StringComparer.Ordinal);
    private int _isFailing;

    /// <summary>Whether the last that is known of the database is that it failed.</summary>
    public bool IsFailing => Volatile.Read(ref _isFailing) != 0;

    /// <summary>Whether a failure says that the database cannot be used. What it refuses by itself, such as a row that another writer has changed, says the
    /// opposite.</summary>
    public static bool IsTrouble(Exception error) => error is NpgsqlException { IsTransient: true } or not PostgresException and not OperationCanceledException;

    /// <summary>Something failed. What the database itself refuses, such as a row that another writer has changed, is no trouble.</summary>
    public void Failed(Exception error)
    {
        if (IsTrouble(error) && Interlocked.Exchange(ref _isFailing, 1) == 0)
        {
            SpareThreads.Take();
            LogFailed(error.GetBaseException().Message);
        }
    }

    /// <summary>Something succeeded.</summary>
    public void Succeeded()
    {
        if (Volatile.Read(ref _isFailing) != 0 && Interlocked.Exchange(ref _isFailing, 0) != 0)
        {
            SpareThreads.Return();
            LogRecovered();
        }
    }

    /// <summary>A row cannot be read and is left out. Logged once for each row, up to a limit.</summary>
    public void RowUnreadable(string row, Exception error)
    {
        if (_unreadable.Count < MaxUnreadable && _unreadable.TryAdd(row, 0))
        {
            LogRowUnreadable(row, error.Message);
        }
    }

    [LoggerMessage(521, LogLevel.Error, "PostgreSQL cannot be used: {Message}. Known sessions and proxied requests go on; what must be stored is refused until it can. Check the server, the network and cluster_connection")]
    private partial void LogFailed(string message);

    [LoggerMessage(522, LogLevel.Information, "PostgreSQL can be used again")]
    private partial void LogRecovered();

    [LoggerMessage(523, LogLevel.Error, "The row {Row} cannot be read and is left out: {Message}")]
    private partial void LogRowUnreadable(string row, string message);
}
