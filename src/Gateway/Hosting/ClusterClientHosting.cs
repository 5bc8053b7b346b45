using Opsen.Gateway.Silos;
using Opsen.Grains.Hosting;
using Opsen.Hosting.Cluster;
using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;
using Orleans.Configuration;
using Orleans.Dashboard;

namespace Opsen.Gateway.Hosting;

/// <summary>Connects a gateway to silos in other processes.</summary>
internal static class ClusterClientHosting
{
    /// <summary>A silo that restarts at the same address is found again this fast.</summary>
    private static readonly TimeSpan GatewayRefresh = TimeSpan.FromSeconds(1);

    /// <summary>Adds an Orleans client for the silos that <c>cluster</c> names.</summary>
    /// <exception cref="Opsen.Hosting.Storage.StorageStartException">The cluster's database cannot be used; the message says why and what to do.</exception>
    public static async Task UseOpsenClusterClientAsync(this IHostApplicationBuilder builder, ServerOptions options)
    {
        var cluster = options.Cluster == ClusterMode.Postgres ? await PostgresCluster.PrepareAsync(options) : null;
        builder.UseOrleansClient(client =>
        {
            if (cluster is not null)
            {
                cluster.Connect(client);
                client.Services.AddSiloReach();
            }
            else
            {
                client.UseLocalhostClustering(options.SiloGatewayPort, options.ServiceId, options.ClusterId);
            }

            client.Configure<ClusterOptions>(ids => (ids.ClusterId, ids.ServiceId) = (cluster?.Id ?? options.ClusterId, options.ServiceId));
            client.Configure<GatewayOptions>(gateway => gateway.GatewayListRefreshPeriod = GatewayRefresh);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = ClusterTimeouts.Response);
            client.UseConnectionRetryFilter<PatientConnectionRetryFilter>();
            if (Telemetry.HasTraces(options))
            {
                client.AddActivityPropagation();
            }

            if (options.AdminPort != 0)
            {
                client.AddDashboard();
            }
        });
        builder.Services.AddOpsenFleet();
    }
}
