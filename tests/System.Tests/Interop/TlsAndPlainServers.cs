using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>A deployment with TLS and one without, each with one host, started when they are first asked for and shared by the tests of a class.</summary>
public abstract class TlsAndPlainServers : IAsyncLifetime
{
    private readonly TestCertificate _certificate = new();
    private readonly Dictionary<bool, Task<(Deployment Server, TestHost Host)>> _running = [];
    private readonly string _proxied;
    private IAsyncDisposable? _backend;
    private string? _url;

    /// <param name="proxied">The paths that are proxied, as YAML.</param>
    protected TlsAndPlainServers(string proxied) => _proxied = proxied;

    /// <inheritdoc />
    public async ValueTask InitializeAsync() => (_backend, _url) = await StartBackendAsync();

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var fleet in _running.Values.Where(static start => start.IsCompletedSuccessfully))
        {
            await (await fleet).Server.DisposeAsync();
        }

        await (_backend?.DisposeAsync() ?? default);
        _certificate.Dispose();
    }

    /// <summary>The deployment. One that did not start is not tried again.</summary>
    internal Task<(Deployment Server, TestHost Host)> GetAsync(bool isTls)
    {
        if (!_running.TryGetValue(isTls, out var fleet))
        {
            fleet = StartAsync(isTls);
            _running.Add(isTls, fleet);
        }

        return fleet;
    }

    /// <summary>Starts the backend of both.</summary>
    private protected abstract Task<(IAsyncDisposable Backend, string Url)> StartBackendAsync();

    private async Task<(Deployment Server, TestHost Host)> StartAsync(bool isTls)
    {
        var server = await Deployment.StartAsync(Shape.Embedded, settings =>
        {
            settings["proxy_endpoints"] = _proxied;
            if (isTls)
            {
                _certificate.Configure(settings);
            }
        });
        return (server, await new TestHost { Url = _url! }.JoinAsync(server));
    }
}
