using Opsen.Grains.Hosting;
using Opsen.Hosting.Cluster;
using Opsen.Protocol.Configuration;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace Opsen.Gateway.Hosting;

/// <summary>Connects a gateway to silos in other processes.</summary>
internal static class ClusterClientHosting
{
    /// <summary>A silo that restarts at the same address is found again this fast.</summary>
    private static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(1);

    /// <summary>Adds an Orleans client for the silo on this machine.</summary>
    public static void UseOpsenClusterClient(this IHostApplicationBuilder builder, ServerOptions options)
    {
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering(options.SiloGatewayPort, options.ServiceId, options.ClusterId);
            client.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = options.ClusterId;
                cluster.ServiceId = options.ServiceId;
            });
            client.Configure<GatewayOptions>(gateway => gateway.GatewayListRefreshPeriod = GatewayRefresh);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = ClusterTimeouts.Response);
            client.UseConnectionRetryFilter<PatientConnectionRetryFilter>();
            if (options.AdminPort != 0)
            {
                client.AddDashboard();
            }
        });
        builder.Services.AddOpsenFleet();
    }
}
