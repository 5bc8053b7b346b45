using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Hosting.Cluster;
using Opsen.Hosting.Storage.Sqlite;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Tests;

/// <summary>A real silo with a real SQLite file in a directory of its own.</summary>
internal sealed class SiloHost : IAsyncDisposable
{
    private readonly IHost _host;

    private SiloHost(IHost host) => _host = host;

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    public static async Task<SiloHost> StartAsync(string database, int statsRetentionHours = 24)
    {
        var options = new ServerOptions { Database = database, AdminPort = 0, HealthCheckEnabled = false, StatsRetentionHours = statsRetentionHours };
        SqliteSchema.Apply(database);
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        await builder.UseOpsenSiloAsync(options);
        var host = builder.Build();
        await host.StartAsync();
        return new SiloHost(host);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        if (_host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }
}
