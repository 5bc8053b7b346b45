using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Proxy;

/// <summary>A deployment of each shape with one host, whose paths two example backends serve.</summary>
public sealed class ProxiedFleets : IAsyncLifetime
{
    private readonly Dictionary<Shape, (Deployment Server, TestHost Host)> _running = [];
    private readonly List<EchoServer> _backends = [];

    /// <inheritdoc />
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var (server, _) in _running.Values)
        {
            await server.DisposeAsync();
        }

        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }

    /// <summary>The fleet of a shape, started when it is first asked for.</summary>
    internal async Task<(Deployment Server, TestHost Host)> GetAsync(Shape shape)
    {
        if (!_running.TryGetValue(shape, out var fleet))
        {
            var server = await Deployment.StartAsync(shape);
            var first = await StartBackendAsync("first");
            var second = await StartBackendAsync("second");
            fleet = (server, new TestHost { Endpoints = [(first.Url.OriginalString, ["/app/v1"]), (second.Url.OriginalString, ["/app/*/users"])] });
            _running.Add(shape, fleet);
            await fleet.Host.JoinAsync(server);
        }

        return fleet;
    }

    private async Task<EchoServer> StartBackendAsync(string name)
    {
        var backend = await EchoServer.StartAsync(name);
        _backends.Add(backend);
        return backend;
    }
}
