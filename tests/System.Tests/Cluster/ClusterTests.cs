using System.Diagnostics;
using Opsen.Examples.LocalCluster.Check;
using Opsen.Examples.LocalCluster.Faults;
using Opsen.Examples.LocalCluster.Fleet;
using Opsen.Examples.LocalCluster.Nodes;
using Opsen.Examples.LocalCluster.Traffic;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;
using LocalCluster = Opsen.Examples.LocalCluster.Nodes.Cluster;

namespace Opsen.System.Tests.Cluster;

/// <summary>Three silos, two gateways and PostgreSQL under traffic. <c>deploy/cluster/local.sh --check</c> has more faults, <c>tests/Load/chaos.sh</c> more
/// time.</summary>
public sealed class ClusterTests
{
    private const int Seed = 20261125;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Traffic_WhileSilosDieAndTheDatabaseIsAway_SeesNothingOfIt()
    {
        Assert.SkipWhen(PostgresServer.Missing() is not null, PostgresServer.Missing() ?? "");
        var started = Stopwatch.GetTimestamp();
        await using var cluster = await LocalCluster.StartAsync(silos: 3, gateways: 2, "", inNamespaces: NodeNetwork.Missing is null, clone: null, Token);
        await using var fleet = await SimulatedFleet.StartAsync(cluster, hosts: 6, cores: 3, cards: 1, Token);
        await using var traffic = await ClusterTraffic.StartAsync(cluster, fleet, Seed, Token);
        using var output = new StringWriter();
        var check = new ClusterCheck(cluster, traffic, output);

        await check.RunAsync(Schedules.Named("kill-index"), TimeSpan.FromSeconds(5), Token);
        await check.RunAsync(Schedules.Named("database"), TimeSpan.FromSeconds(6), Token);
        await AStrangerIsKeptOutAsync(cluster);

        await traffic.StopAsync();
        using var race = new GatewayRace(cluster, fleet);
        await race.PurgeAsync();
        await race.GrantsExactlyTheCapacityAsync();
        await race.RefusesNobodyWhileThereIsRoomAsync();
        Assert.True(check.PrintSummary(Stopwatch.GetElapsedTime(started)), output.ToString());
    }

    /// <summary>A gateway that has the connection string, and a certificate of another authority.</summary>
    private static async Task AStrangerIsKeptOutAsync(LocalCluster cluster)
    {
        using var folder = new TemporaryFolder();
        using var certificates = new ClusterCertificates(folder, "strangers");
        var ports = FreePorts.Take(2);
        await using var gateway = Programs.StartGateway(["-config", folder.Write("stranger.yml", $"""
            host: 127.0.0.1
            port: {ports[0]}
            admin_port: {ports[1]}
            cluster: postgres
            cluster_connection: {cluster.Connection}
            {certificates.SettingsFor("stranger")}
            """)]);

        await Wait.UntilAsync(
            "the stranger hears why",
            _ => Task.FromResult(gateway.Log.Any(static line => line.Contains("was refused", StringComparison.Ordinal))),
            Patience.Start,
            Token);

        // It waits, and serves nobody meanwhile.
        Assert.False(gateway.HasExited);
    }
}
