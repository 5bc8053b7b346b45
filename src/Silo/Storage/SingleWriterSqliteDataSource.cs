using System.Data;
using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Opsen.Silo.Storage;

/// <summary>
/// Hands out one SQLite connection at a time. SQLite has one writer anyway, and its own way of waiting puts the calling thread to sleep;
/// here the callers wait without a thread.
/// </summary>
public sealed class SingleWriterSqliteDataSource(string path) : DbDataSource
{
    private readonly SemaphoreSlim _turn = new(1);

    /// <inheritdoc/>
    public override string ConnectionString { get; } = SqliteSchema.ConnectionString(path);

    /// <inheritdoc/>
    protected override DbConnection CreateDbConnection() => new TurnTakingConnection(ConnectionString, _turn);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _turn.Dispose();
        }

        base.Dispose(disposing);
    }

    private sealed class TurnTakingConnection(string connectionString, SemaphoreSlim turn) : SqliteConnection(connectionString)
    {
        private bool _hasTurn;

        public override void Open()
        {
            turn.Wait();
            _hasTurn = true;
            OpenInTurn();
        }

        public override async Task OpenAsync(CancellationToken cancellationToken)
        {
            await turn.WaitAsync(cancellationToken);
            _hasTurn = true;
            OpenInTurn();
        }

        public override void Close()
        {
            base.Close();
            GiveTurn();
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            GiveTurn();
        }

        /// <summary>With a write-ahead log, NORMAL keeps the file sound through a crash of the process and of the machine; only the latter can lose the last commits.</summary>
        private void OpenInTurn()
        {
            try
            {
                base.Open();
                using var command = CreateCommand();
                command.CommandText = "PRAGMA synchronous = NORMAL";
                command.ExecuteNonQuery();
            }
            catch
            {
                Close();
                throw;
            }
        }

        private void GiveTurn()
        {
            if (_hasTurn && State == ConnectionState.Closed)
            {
                _hasTurn = false;
                turn.Release();
            }
        }
    }
}
