using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Opsen.Gateway.Hosting;
using Opsen.Gateway.Listeners.PlainHttp2;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Hosting;

/// <summary>The whole gateway in this process: real listener, real silo, real database, on free ports and in a directory of its own.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private readonly TemporaryDirectory _directory = new();
    private WebApplication? _app;

    public HttpClient Client { get; } = new();

    public async ValueTask InitializeAsync()
    {
        _app = await GatewayProgram.BuildAsync(
            new ServerOptions
            {
                Host = "127.0.0.1",
                Port = 0,
                AdminPort = 0,
                Database = _directory.File("opsen.db"),
                RateLimitPerMinute = 0,
                HealthCheckEnabled = false,
                LogLevel = LogThreshold.Error,
                Tiers = [new TierOptions { Name = "small", Vcpu = 1, MemoryGb = 1 },
                    new TierOptions { Name = "gpu", Vcpu = 1, MemoryGb = 1, Gpu = 1, GpuMemoryGb = 16 }],
            },
            []);
        await _app.StartAsync();
        Client.BaseAddress = new Uri(_app.Urls.Single(static address => !PlainHttp2Extensions.IsHandover(address)));
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        SqliteConnection.ClearAllPools();
        _directory.Dispose();
    }
}
