using System.Net;
using System.Net.Sockets;
using Opsen.Hosting.Cluster;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Tests.Hosting;

public sealed class EmbeddedSiloPortTests
{
    /// <summary>Twice as many as there are ports to choose from: a port that may be chosen is missed by all of them about once in eight runs.</summary>
    private const int Draws = 20_000;

    [Fact]
    public void Find_PortsInUseOrToBeUsed_AreNeverChosen()
    {
        var options = new ServerOptions { Port = EmbeddedSiloPort.Find(new ServerOptions()), AdminPort = EmbeddedSiloPort.Find(new ServerOptions()) };
        using var other = new TcpListener(IPAddress.Loopback, EmbeddedSiloPort.Find(options));
        other.Start();
        HashSet<int> taken = [options.Port, options.AdminPort, ((IPEndPoint)other.LocalEndpoint).Port];

        var chosen = Enumerable.Range(0, Draws).Select(_ => EmbeddedSiloPort.Find(options)).ToHashSet();

        Assert.Empty(chosen.Intersect(taken));
        Assert.True(chosen.Count > 1000);
        Assert.All(chosen, port => Assert.InRange(port, 1024, 32_767));
    }
}
