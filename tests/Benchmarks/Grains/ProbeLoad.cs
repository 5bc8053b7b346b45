using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opsen.Grains;
using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Orleans.TestingHost;

namespace Opsen.Benchmarks.Grains;

/// <summary>
/// What probing costs: many hosts, each with its own grain and timer, probed over TCP at one listener of another process. Prints this process's share of a
/// core, and how much later than planned probes began.
/// </summary>
internal static class ProbeLoad
{
    private const int Registering = 64;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(30);

    /// <summary>Measures and prints.</summary>
    public static async Task RunAsync(int hosts)
    {
        using var backends = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["probe-load-backends"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var port = await backends.StandardOutput.ReadLineAsync();
        using var database = new TemporaryDatabase();
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            database.AddTo(silo.Services);
            silo.Services.AddLogging(logging => logging.ClearProviders());
            silo.Services.AddOpsenGrains(new GrainSettings
            {
                Tiers = [new TierSpec { Name = "web" }],
                HealthChecks = new HealthCheckSettings { Interval = Interval },
            });
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        var grains = cluster.GetSiloServiceProvider().GetRequiredService<IGrainFactory>();
        await Parallel.ForAsync(0, hosts, new ParallelOptions { MaxDegreeOfParallelism = Registering }, async (i, _) =>
            await grains.GetGrain<IBackendGrain>($"host-{i}").Register(new BackendRegistration
            {
                // The path keeps the endpoints apart.
                ClientId = $"host-{i}",
                Pool = "default",
                Endpoints = [new BackendEndpoint($"http://127.0.0.1:{port}/{i}", [])],
            }));

        // Every host is settled then, and its pauses are the regular ones.
        await Task.Delay(2 * Interval);
        var lateness = new ConcurrentBag<double>();
        using var meter = new MeterListener();
        meter.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "opsen.probe.lateness")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        meter.SetMeasurementEventCallback<double>((_, seconds, _, _) => lateness.Add(seconds));
        meter.Start();
        var (cpu, clock) = (Environment.CpuUsage.TotalTime, Stopwatch.StartNew());
        await Task.Delay(Measured);
        var share = (Environment.CpuUsage.TotalTime - cpu) / clock.Elapsed;
        var sorted = lateness.Order().ToArray();
        var snapshots = await Task.WhenAll(Enumerable.Range(0, hosts).Select(i => grains.GetGrain<IBackendGrain>($"host-{i}").GetSnapshot()));
        Console.WriteLine($"{hosts} hosts probed over TCP every {Interval.TotalSeconds} s, {Environment.ProcessorCount} processors");
        Console.WriteLine($"{"probes",-28} {sorted.Length / clock.Elapsed.TotalSeconds,12:N0} /s");
        Console.WriteLine($"{"healthy, mean latency",-28} {snapshots.Count(host => host!.Health == HealthStatus.Healthy),12:N0}    {snapshots.Average(host => host!.LatencyMs),8:N2} ms");
        Console.WriteLine($"{"share of one core",-28} {share,12:P1}");
        Console.WriteLine($"{"lateness p50, p99, max",-28} {sorted[sorted.Length / 2] * 1000,8:N1} ms {sorted[(int)(sorted.Length * 0.99)] * 1000,8:N1} ms {sorted[^1] * 1000,8:N1} ms");
        backends.StandardInput.Close();
        await backends.WaitForExitAsync();
    }

    /// <summary>The other end, in a process of its own until its input ends: prints its port and takes every connection.</summary>
    public static async Task ServeAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(backlog: 4096);
        Console.WriteLine(((IPEndPoint)listener.LocalEndpoint).Port);

        // The console reads synchronously, whatever it is asked for.
        var end = Task.Run(Console.In.ReadToEnd);
        while (await Task.WhenAny(end, AcceptAsync(listener)) != end)
        {
        }
    }

    private static async Task AcceptAsync(TcpListener listener) => (await listener.AcceptSocketAsync()).Dispose();
}
