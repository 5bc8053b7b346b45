using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Listeners;
using Opsen.Gateway.Listeners.Http1;
using Opsen.Gateway.Orca;
using Opsen.Gateway.Proxy.Backends;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Proxy.Headers;
using Opsen.Gateway.Proxy.Streams;
using Opsen.Gateway.Proxy.TierDetection;
using Opsen.Gateway.Routing;
using Opsen.Hosting.Admin;
using Opsen.Hosting.Cluster;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Proxy;

/// <summary>Registers the reverse proxy.</summary>
internal static class ProxyServiceCollectionExtensions
{
    /// <summary>Adds <see cref="ProxyEndpoint"/> and <see cref="ProxyPathMatcher"/>. Needs <see cref="IRouteResolver"/>,
    /// <see cref="StickyKeyResolver"/>, <see cref="GeoLocator"/>, <see cref="GatewayFleet"/> and the grains from elsewhere. Makes the listener pass
    /// header values byte for byte.</summary>
    public static IServiceCollection AddOpsenProxy(this IServiceCollection services, ServerOptions options)
    {
        services.AddHttpForwarder();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(new ProxyPathMatcher(options.ProxyEndpoints));
        services.AddSingleton(ProxySettings.From(options));
        services.AddSingleton<BodyPeeker>();
        services.AddSingleton<TierDetector>();
        services.TryAddSingleton(options.ToBackendNetworks());
        services.TryAddSingleton(options);
        services.TryAddSingleton<OwnListeners>();
        services.TryAddSingleton<ApiKeys>();
        services.TryAddSingleton(DescriptorBudget.Read());
        services.AddSingleton<BackendDialer>();
        services.AddSingleton<BackendClient>();
        services.AddSingleton<ForwardingProfiles>();
        services.AddSingleton<Loops>();
        services.AddSingleton<ForwardingHeaders>();
        services.AddSingleton<EventStreamCopier>();
        services.AddSingleton<OrcaInbox>();
        services.AddHostedService<OrcaDelivery>();
        services.AddSingleton<ResponseHeaders>();
        services.AddSingleton<UnreachableHostLog>();
        services.AddSingleton<UnreachableReports>();
        services.AddSingleton<EndpointBreaker>();
        services.AddSingleton<RetryBudget>();
        services.AddSingleton<Failovers>();
        services.AddMetrics();
        services.AddSingleton<HostTraffic>();
        services.AddSingleton<IHostSeriesSource>(static provider => provider.GetRequiredService<HostTraffic>());
        services.AddSingleton<ProxyMetrics>();
        services.AddSingleton<BackendForwarder>();
        services.AddSingleton<ForwardingSteps>();
        services.AddSingleton<RequestForwarder>();
        services.TryAddSingleton<Tenants>();
        services.AddSingleton<ProxyEndpoint>();
        services.AddSingleton<RequestQueue>();

        // The forwarder writes two lines for every request and a stack for every failure; what matters of that is logged here.
        services.AddLogging(logging => logging.AddFilter("Yarp.ReverseProxy.Forwarder", LogLevel.Error));
        return services.Configure<KestrelServerOptions>(kestrel =>
        {
            kestrel.RequestHeaderEncodingSelector = ContentLengthEncoding.Select;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        });
    }
}
