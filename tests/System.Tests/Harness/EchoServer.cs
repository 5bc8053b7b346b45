using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>An example backend in a process of its own.</summary>
internal sealed class EchoServer : IAsyncDisposable
{
    private ChildProcess _process;

    private EchoServer(string name, Uri? url)
    {
        Name = name;
        Url = url ?? new Uri($"http://127.0.0.1:{FreePorts.Take(1)[0]}");
        _process = Programs.StartEchoBackend(name, Url);
    }

    /// <summary>The name that it answers with.</summary>
    public string Name { get; }

    /// <summary>Where it serves.</summary>
    public Uri Url { get; }

    /// <summary>Starts one, on a free port or where another one served, and waits until it serves.</summary>
    public static async Task<EchoServer> StartAsync(string name, Uri? url = null)
    {
        var server = new EchoServer(name, url);
        await server.WaitAsync();
        return server;
    }

    /// <summary>Starts it again after it was killed, and waits until it serves.</summary>
    public async Task StartAgainAsync()
    {
        await _process.DisposeAsync();
        _process = Programs.StartEchoBackend(Name, Url);
        await WaitAsync();
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public Task KillAsync() => _process.KillAsync();

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private async Task WaitAsync()
    {
        using var http = new HttpClient();
        await Wait.UntilAsync(
            $"{Name} at {Url}",
            async token => (await http.GetAsync(new Uri(Url, "/health"), token)).IsSuccessStatusCode,
            Patience.Start,
            TestContext.Current.CancellationToken);
    }
}
