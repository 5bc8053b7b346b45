using Opsen.Examples.Quickstart.Fleet;
using Opsen.Examples.Quickstart.Processes;
using Opsen.Examples.Quickstart.Traffic;
using Opsen.Protocol.Http;

namespace Opsen.Examples.Quickstart.Live;

/// <summary>Sends a few requests a second and shows, once a second, the hosts and where the requests went.</summary>
internal sealed class LiveView(LocalFleet fleet, GatewayApi gateway, HttpClient http)
{
    private const int LoadSeconds = 20;
    private const string ClearScreen = "\e[H\e[J";
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan RequestPace = TimeSpan.FromMilliseconds(125);
    private static readonly TimeSpan FramePace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KeyPace = TimeSpan.FromMilliseconds(100);

    private readonly TrafficLog _traffic = new(TimeProvider.System);
    private string _note = "";

    /// <summary>Runs until the token or the key <c>q</c> ends it.</summary>
    /// <returns>False when the gateway or an agent did not start.</returns>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        Console.WriteLine("Starting ...");
        try
        {
            await Wait.UntilAsync("GET /health", async token => (await gateway.HealthAsync(token)).Status == "ok", StartPatience, cancellation);
            fleet.StartAgents();
            await Wait.UntilAsync("a report of both hosts", BothReportAsync, StartPatience, cancellation);
        }
        catch (TimeoutException problem)
        {
            Console.WriteLine(problem.Message);
            return false;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var work = new[] { EveryAsync(RequestPace, SendAsync, stop), EveryAsync(FramePace, ShowAsync, stop), EveryAsync(KeyPace, ReadKeyAsync, stop) };
        await Task.WhenAll(work);
        return true;
    }

    private async Task<bool> BothReportAsync(CancellationToken cancellation) =>
        (await gateway.HostsAsync(cancellation)).Count(static host => host.CpuUsage.Count > 0) == fleet.Backends.Count;

    private static async Task EveryAsync(TimeSpan pace, Func<CancellationTokenSource, int, Task> step, CancellationTokenSource stop)
    {
        using var timer = new PeriodicTimer(pace);
        try
        {
            for (var turn = 0; !stop.IsCancellationRequested; turn++)
            {
                await step(stop, turn);
                await timer.WaitForNextTickAsync(stop.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task SendAsync(CancellationTokenSource stop, int turn)
    {
        var proxied = turn % 2 == 0;
        var answer = proxied
            ? await gateway.ProxyAsync($"{LocalFleet.ProxiedPrefix}/hello", null, stop.Token)
            : await gateway.RouteAsync(null, stop.Token);
        _traffic.Add(answer, proxied);
    }

    private async Task ShowAsync(CancellationTokenSource stop, int turn)
    {
        IReadOnlyList<ClientEntry> hosts = [];
        try
        {
            hosts = await gateway.HostsAsync(stop.Token);
        }
        catch (Exception problem) when (problem is HttpRequestException || (problem is OperationCanceledException && !stop.IsCancellationRequested))
        {
            _note = $"GET /clients: {problem.Message}";
        }

        var frame = HostTable.Render(fleet, hosts, _traffic, _note);
        Console.Out.Write(Console.IsOutputRedirected ? frame : ClearScreen + frame);
    }

    private async Task ReadKeyAsync(CancellationTokenSource stop, int turn)
    {
        if (Console.IsInputRedirected || !Console.KeyAvailable)
        {
            return;
        }

        switch (Console.ReadKey(intercept: true).KeyChar)
        {
            case 'q' or 'Q':
                await stop.CancelAsync();
                break;
            case '1':
                await LoadAsync(fleet.Backends[0], stop.Token);
                break;
            case '2':
                await LoadAsync(fleet.Backends[1], stop.Token);
                break;
        }
    }

    private async Task LoadAsync(Backend backend, CancellationToken cancellation)
    {
        try
        {
            await backend.LoadAsync(http, LoadSeconds, cancellation);
            _note = $"{backend.Name} is under load for {LoadSeconds} s (since {DateTime.Now:HH:mm:ss}).";
        }
        catch (HttpRequestException problem)
        {
            _note = $"{backend.Name} cannot be loaded: {problem.Message}";
        }
    }
}
