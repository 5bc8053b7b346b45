using System.Collections.Concurrent;

namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>Logs once when the file begins to fail, and once when it works again.</summary>
internal sealed partial class SqliteTrouble(SqliteFile file, ILogger<SqliteTrouble> logger)
{
    private const int MaxUnreadable = 1_000;

    private int _isWriteFailing;
    private int _isReadFailing;
    private readonly ConcurrentDictionary<string, byte> _unreadable = new(StringComparer.Ordinal);
    private int _isLost;

    /// <summary>A transaction failed.</summary>
    public void WriteFailed(Exception error)
    {
        if (error is DatabaseLostException)
        {
            Looked(isOurs: false);
        }
        else if (Interlocked.Exchange(ref _isWriteFailing, 1) == 0)
        {
            LogWriteFailed(error, file.Path, error.Message);
        }
    }

    /// <summary>A transaction was committed.</summary>
    public void WriteSucceeded()
    {
        if (Volatile.Read(ref _isWriteFailing) != 0 && Interlocked.Exchange(ref _isWriteFailing, 0) != 0)
        {
            LogWriteRecovered(file.Path);
        }
    }

    /// <summary>Reading failed.</summary>
    public void ReadFailed(Exception error)
    {
        if (error is DatabaseLostException)
        {
            Looked(isOurs: false);
        }
        else if (Interlocked.Exchange(ref _isReadFailing, 1) == 0)
        {
            LogReadFailed(error, file.Path, error.Message);
        }
    }

    /// <summary>Reading succeeded.</summary>
    public void ReadSucceeded()
    {
        if (Volatile.Read(ref _isReadFailing) != 0 && Interlocked.Exchange(ref _isReadFailing, 0) != 0)
        {
            LogReadRecovered(file.Path);
        }
    }

    /// <summary>A row cannot be read and is left out. Logged once for each row, up to a limit.</summary>
    public void RowUnreadable(string row, Exception error)
    {
        if (_unreadable.Count < MaxUnreadable && _unreadable.TryAdd(row, 0))
        {
            LogRowUnreadable(row, file.Path, error.Message);
        }
    }

    /// <summary>Somebody looked whether the file is where it was.</summary>
    public void Looked(bool isOurs)
    {
        var now = isOurs ? 0 : 1;
        if (Volatile.Read(ref _isLost) == now || Interlocked.Exchange(ref _isLost, now) == now)
        {
            return;
        }

        if (isOurs)
        {
            LogFound(file.Path);
        }
        else
        {
            LogLost(file.Path);
        }
    }

    /// <summary>A connection did not close as it should.</summary>
    public void CloseFailed(Exception error) => LogCloseFailed(file.Path, error.Message);

    [LoggerMessage(511, LogLevel.Error, "{Database} cannot be written: {Message} What needs it is refused, and tried again with every request. Check the disk's space and the file's permissions and locks")]
    private partial void LogWriteFailed(Exception error, string database, string message);

    [LoggerMessage(512, LogLevel.Information, "{Database} can be written again")]
    private partial void LogWriteRecovered(string database);

    [LoggerMessage(513, LogLevel.Warning, "{Database} could not be closed in order: {Message}")]
    private partial void LogCloseFailed(string database, string message);

    [LoggerMessage(519, LogLevel.Error, "The row {Row} of {Database} cannot be read and is left out: {Message}")]
    private partial void LogRowUnreadable(string row, string database, string message);

    [LoggerMessage(514, LogLevel.Error, "{Database} cannot be read: {Message} Sessions that are not in a gateway's memory are refused. If the file is damaged, restore it from a copy")]
    private partial void LogReadFailed(Exception error, string database, string message);

    [LoggerMessage(515, LogLevel.Information, "{Database} can be read again")]
    private partial void LogReadRecovered(string database);

    [LoggerMessage(516, LogLevel.Critical, "{Database} was deleted or replaced, or another process decides over it now. Nothing is written any more, and new sessions are refused. Move the file back to its place, or start this program again: it will go on from what is there then")]
    private partial void LogLost(string database);

    [LoggerMessage(517, LogLevel.Information, "{Database} is at its place again and is written to")]
    private partial void LogFound(string database);
}
