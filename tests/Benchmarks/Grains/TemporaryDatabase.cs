using Microsoft.Extensions.DependencyInjection;
using Opsen.Hosting.Storage.Sqlite;
using Opsen.Protocol.Configuration;

namespace Opsen.Benchmarks.Grains;

/// <summary>A silo's storage in a SQLite file that goes away with the measurement.</summary>
internal sealed class TemporaryDatabase : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("opsen-benchmark-");

    /// <summary>Adds the storage to a silo.</summary>
    public void AddTo(IServiceCollection services)
    {
        var file = Path.Combine(_directory.FullName, "opsen.db");
        SqliteSchema.Apply(file);
        services.AddSqliteStorage(new ServerOptions { Database = file });
    }

    /// <inheritdoc/>
    public void Dispose() => _directory.Delete(recursive: true);
}
