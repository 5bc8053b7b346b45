using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Cluster;

/// <summary>A cluster's programs with bad input: one line that says what to change, and an end.</summary>
public sealed class ClusterStartTests
{
    [Theory]
    [InlineData("cluster_connection: Host=127.0.0.1;Port=1;Username=x;Database=y", 1, "Check cluster_connection")]
    [InlineData("cluster_connection: \"nonsense\"", 1, "cluster_connection cannot be read")]
    [InlineData("cluster_id: x", 78, "cluster_connection")]
    [InlineData("cluster_connection: Host=x\ncluster_tls_cert_file: /nowhere.crt", 78, "cluster_tls_key_file")]
    public async Task Start_BadInput_SaysWhatToChangeAndEnds(string settings, int exitCode, string expected)
    {
        using var folder = new TemporaryFolder();
        var configuration = folder.Write("server.yml", $"cluster: postgres\nhost: 127.0.0.1\n{settings}\n");
        foreach (var start in new Func<IEnumerable<string>, ChildProcess>[] { Programs.StartSilo, static arguments => Programs.StartGateway(arguments) })
        {
            await using var program = start(["-config", configuration]);

            Assert.Equal(exitCode, await program.WaitForExitAsync(TestContext.Current.CancellationToken));

            Assert.Contains(expected, Assert.Single(program.Log), StringComparison.Ordinal);
        }
    }
}
