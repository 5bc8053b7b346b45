namespace Opsen.Hosting.Storage.Sqlite;

/// <summary>The database's file was deleted or replaced under the running process, or another process has its lock. Nothing was done.</summary>
internal sealed class DatabaseLostException(string path) : Exception($"{path} was deleted or replaced while the program runs, or another process decides over it now.");
