
namespace Opsen.Grains.Tests.Cluster;

/// <summary>A silo for one test, with settings of its own, on a database that others may have used or use.</summary>
internal sealed class OwnCluster : ClusterFixture
{
    private OwnCluster(string database, GrainSettings settings) => (DatabaseFile, Settings) = (database, settings);

    public override string DatabaseFile { get; }

    protected override GrainSettings Settings { get; }

    public static async Task<OwnCluster> StartAsync(string database, GrainSettings? settings = null)
    {
        var cluster = new OwnCluster(database, settings ?? new GrainSettings { Tiers = [TestFleet.Small, TestFleet.Large] });
        await cluster.InitializeAsync();
        return cluster;
    }
}
