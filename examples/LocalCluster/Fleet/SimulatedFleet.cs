using System.Net;
using Opsen.Examples.LocalCluster.Nodes;
using Opsen.Examples.LocalCluster.Traffic;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.Examples.LocalCluster.Fleet;

/// <summary>Simulated hosts: one web server with a port for each, which answers with the host's name, and reports every few seconds.</summary>
internal sealed class SimulatedFleet : IAsyncDisposable
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(2);

    private readonly WebApplication _server;
    private readonly CancellationTokenSource _stopping = new();
    private Task _reporting = Task.CompletedTask;

    private SimulatedFleet(WebApplication server, IReadOnlyList<SimulatedHost> hosts) => (_server, Hosts) = (server, hosts);

    /// <summary>The hosts.</summary>
    public IReadOnlyList<SimulatedHost> Hosts { get; }

    /// <summary>Starts the hosts' server, registers them and keeps reporting.</summary>
    public static async Task<SimulatedFleet> StartAsync(Cluster cluster, int hosts, int cores, int cards, CancellationToken cancellation)
    {
        var ports = FreePorts.Take(hosts);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => Array.ForEach(ports, port => kestrel.Listen(IPAddress.Parse(cluster.MachineAddress), port)));
        var server = builder.Build();
        server.Run(context => context.Response.WriteAsync($"host-{Array.IndexOf(ports, context.Connection.LocalPort) + 1}"));
        await server.StartAsync(cancellation);
        var fleet = new SimulatedFleet(
            server,
            [
                .. ports.Select((port, i) => new SimulatedHost(
                    $"host-{i + 1}", new Uri($"http://{cluster.MachineAddress}:{port}"), cores, i < hosts / 2 ? cards : 0)),
            ]);
        using var gateway = new HttpClient
        {
            BaseAddress = cluster.Addresses[0],
            Timeout = TimeSpan.FromSeconds(30),
            DefaultRequestHeaders = { { "X-API-Key", Cluster.Key } },
        };
        foreach (var host in fleet.Hosts)
        {
            await host.RegisterAsync(gateway, cancellation);
            await host.ReportAsync(gateway, cancellation);
        }

        fleet._reporting = fleet.ReportOnAsync(cluster);
        return fleet;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _reporting;
        await _server.DisposeAsync();
        _stopping.Dispose();
    }

    private async Task ReportOnAsync(Cluster cluster)
    {
        await using var callers = new Callers(cluster);
        using var timer = new PeriodicTimer(ReportInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                foreach (var host in Hosts)
                {
                    try
                    {
                        await host.ReportAsync(callers.Next(), _stopping.Token);
                    }
                    catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !_stopping.IsCancellationRequested)
                    {
                        // As an agent does: the next report follows soon.
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }
}
