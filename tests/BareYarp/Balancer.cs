using System.Net;
using Yarp.ReverseProxy.Configuration;

/// <summary>YARP with a cluster of backends.</summary>
internal static class Balancer
{
    /// <summary>Serves until the process ends.</summary>
    public static async Task RunAsync(int port, string policy, string[] backends)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddReverseProxy().LoadFromMemory(
            [new RouteConfig { RouteId = "all", ClusterId = "all", Match = new RouteMatch { Path = "/{**path}" } }],
            [
                new ClusterConfig
                {
                    ClusterId = "all",
                    LoadBalancingPolicy = policy,
                    Destinations = backends.ToDictionary(static url => url, static url => new DestinationConfig { Address = url }),
                },
            ]);
        var app = builder.Build();
        app.MapReverseProxy();
        await app.RunAsync();
    }
}
