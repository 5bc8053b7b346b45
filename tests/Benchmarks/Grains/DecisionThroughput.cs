using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Opsen.Benchmarks.Placement;
using Opsen.Gateway.Routing;
using Opsen.Grains;
using Opsen.Grains.Fleet;
using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Tiers;
using Orleans.TestingHost;

namespace Opsen.Benchmarks.Grains;

/// <summary>
/// Decisions a second through the index's grain, from callers in the silo's process: each alone in a grain call, and through the gateway's
/// <see cref="PlacementBatcher"/>. Beside them the grain call that does nothing (an unknown reservation released), as the floor.
/// Not a BenchmarkDotNet benchmark, because what counts is what many callers get together.
/// </summary>
internal static class DecisionThroughput
{
    private const int HostCount = 1000;
    private const int Callers = 256;

    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(5);

    /// <summary>Measures and prints a table.</summary>
    public static async Task RunAsync()
    {
        using var database = new TemporaryDatabase();
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo((_, silo) =>
        {
            database.AddTo(silo.Services);
            silo.Services.AddLogging(logging => logging.ClearProviders());
            silo.Services.AddOpsenGrains(new GrainSettings
            {
                // No sample of a host ever changes here, so what is reserved must never fill it.
                Tiers = [new TierSpec { Name = "web", Vcpu = 0, MemoryGb = 0.0001 }],
                ReservationTimeout = TimeSpan.FromSeconds(1),
            });
        });
        await using var cluster = builder.Build();
        await cluster.DeployAsync();
        var grains = cluster.GetSiloServiceProvider().GetRequiredService<IGrainFactory>();
        var index = grains.GetGrain<ITierIndexGrain>("default");
        foreach (var host in new Fleet(HostCount, Layout.Sites30, fullPercent: 0).Hosts)
        {
            await index.Observe(host);
        }

        var request = new PlacementRequest { Tier = "web" };
        using var batcher = new PlacementBatcher(
            grains, new FleetView("default"), isDurable: false, RoutingPatience.OneProcess, TimeProvider.System, NullLogger<PlacementBatcher>.Instance);
        Console.WriteLine($"{HostCount} hosts, {Callers} callers, {Environment.ProcessorCount} processors");
        Report("grain call without work", await MeasureAsync(() => index.Release(Guid.Empty).AsTask()));
        Report("decision, one a grain call", await MeasureAsync(() => index.Place([request]).AsTask()));
        Report("decision, batched", await MeasureAsync(() => batcher.PlaceAsync(request)));
    }

    private static void Report(string what, double perSecond) => Console.WriteLine($"{what,-28} {perSecond,12:N0} /s");

    private static async Task<double> MeasureAsync(Func<Task> call)
    {
        var clock = Stopwatch.StartNew();
        long counted = 0;
        var end = Warmup + Measured;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        {
            long mine = 0;
            while (clock.Elapsed < end)
            {
                await call();
                mine += clock.Elapsed >= Warmup ? 1 : 0;
            }

            Interlocked.Add(ref counted, mine);
        })));
        return counted / Measured.TotalSeconds;
    }
}
