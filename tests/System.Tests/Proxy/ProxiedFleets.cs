using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Proxy;

/// <summary>A deployment of each shape with one host, whose paths two example backends serve.</summary>
public sealed class ProxiedFleets : IAsyncLifetime
{
    private readonly Dictionary<Shape, Task<(Deployment Server, TestHost Host)>> _running = [];
    private readonly List<EchoServer> _backends = [];

    /// <inheritdoc />
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var fleet in _running.Values.Where(static start => start.IsCompletedSuccessfully))
        {
            await (await fleet).Server.DisposeAsync();
        }

        foreach (var backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }

    /// <summary>The fleet of a shape, started when it is first asked for. One that did not start is not tried again.</summary>
    internal Task<(Deployment Server, TestHost Host)> GetAsync(Shape shape)
    {
        if (!_running.TryGetValue(shape, out var fleet))
        {
            fleet = StartAsync(shape);
            _running.Add(shape, fleet);
        }

        return fleet;
    }

    private async Task<(Deployment Server, TestHost Host)> StartAsync(Shape shape)
    {
        var first = await StartBackendAsync("first");
        var second = await StartBackendAsync("second");
        var server = await Deployment.StartAsync(shape);
        var host = new TestHost { Endpoints = [(first.Url.OriginalString, ["/app/v1"]), (second.Url.OriginalString, ["/app/*/users"])] };
        return (server, await host.JoinAsync(server));
    }

    private async Task<EchoServer> StartBackendAsync(string name)
    {
        var backend = await EchoServer.StartAsync(name);
        _backends.Add(backend);
        return backend;
    }
}
