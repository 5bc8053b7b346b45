using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Primitives;
using Opsen.Gateway.AccessLogs;
using Opsen.Gateway.Api;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Listeners.Tls;
using Opsen.Gateway.Metrics;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Security;
using Opsen.Grains;
using Opsen.Grains.Fleet;
using Opsen.Hosting.Admin;
using Opsen.Hosting.Cluster;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Hosting;

/// <summary>Composes the main listener's edge: the middleware that every request passes, and the management API.</summary>
internal static class Edge
{
    private static readonly StringValues NoStore = "no-store";

    /// <summary>Registers the edge. Also needed: <c>IGrainFactory</c>, <see cref="FleetViews"/> and <see cref="IRouteResolver"/>.</summary>
    public static IServiceCollection AddOpsenEdge(this IServiceCollection services, ServerOptions options)
    {
        services.TryAddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddMetrics();
        services.AddSingleton<EdgeMetrics>();
        services.AddSingleton<ApiMetrics>();
        services.TryAddSingleton(typeof(GrainReferences<>));
        services.TryAddSingleton(provider => new GatewayFleet([.. options.PoolsInOrder().Select(provider.GetRequiredService<FleetViews>().For)]));
        services.TryAddSingleton<GatewayIndexes>();
        services.TryAddSingleton<GeoLocator>();
        services.TryAddSingleton<StickyKeyResolver>();
        services.TryAddSingleton<SessionCaches>();
        services.TryAddSingleton<Tenants>();
        services.AddHostedService<GeoRefresh>();
        services.TryAddSingleton<ApiKeys>();
        services.AddConfiguredTls(options);
        if (options.ClientCaFile.Length > 0)
        {
            services.AddSingleton<ClientCertificates>();
        }

        services.AddSingleton<JsonBody>();
        services.AddSingleton<GrainCalls>();
        services.TryAddSingleton<OwnListeners>();
        services.TryAddSingleton(options.ToBackendNetworks());
        services.AddSingleton<RegistrationReader>();
        services.AddSingleton<LoadReportReader>();
        services.AddSingleton<RegisterEndpoint>();
        services.AddSingleton<StatsEndpoint>();
        services.AddSingleton<RouteEndpointHandler>();
        services.AddSingleton<HealthEndpoint>();
        services.AddSingleton<HostsEndpoint>();
        services.AddSingleton<SessionCounts>();
        services.AddSingleton<LifecycleEndpoints>();
        services.AddSingleton<PurgeEndpoints>();
        services.AddSingleton<ReservationEndpoints>();
        services.AddSingleton<SessionEndpoints>();
        services.AddSingleton<DecisionEndpoint>();
        services.AddSingleton<HistoryEndpoint>();
        services.AddRouting();
        services.AddTransient<ICorsService, YieldingCorsService>();
        services.AddCors(cors => cors.AddDefaultPolicy(policy => CorsRules.Configure(policy, options)));
        return services;
    }

    /// <summary>Adds the middleware before the endpoints and the proxy, in its order.</summary>
    /// <exception cref="FormatException"><c>trusted_proxies</c> or <c>whitelisted_ips</c> has an entry that is no address and no range.</exception>
    public static IApplicationBuilder UseOpsenEdge(this IApplicationBuilder app)
    {
        var options = app.ApplicationServices.GetRequiredService<ServerOptions>();
        app.UseMiddleware<UnreadResponseMiddleware>();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseMiddleware<RequestFieldsMiddleware>();
        if (options.AllowedHosts.Count > 0)
        {
            app.UseMiddleware<HostMiddleware>(options.AllowedHosts);
        }

        UseWith<ForwardedCallerMiddleware>(app, AddressSet.Parse("trusted_proxies", options.TrustedProxies));
        if (!options.DisableSecurityHeaders)
        {
            app.UseMiddleware<SecurityHeadersMiddleware>();
        }

        if (options.EnableCors)
        {
            if (CorsRules.DependOnOrigin(options))
            {
                app.UseMiddleware<VaryByOriginMiddleware>();
            }

            app.UseCors();
        }

        UseWith<AllowListMiddleware>(app, AddressSet.Parse("whitelisted_ips", options.WhitelistedIps));
        var wantsKey = !app.ApplicationServices.GetRequiredService<ApiKeys>().IsOpen;
        if (wantsKey)
        {
            app.UseMiddleware<CallerKeyMiddleware>();
        }

        app.UseMiddleware<RateLimitMiddleware>();
        if (wantsKey)
        {
            app.UseMiddleware<ApiKeyMiddleware>();
        }

        return app.UseMiddleware<RequestTargetMiddleware>();
    }

    /// <summary>Responds 404 to requests that no endpoint takes, and checks the scopes of those that one does. After routing.</summary>
    public static IApplicationBuilder UseEndpointChecks(this IApplicationBuilder app) => app
        .Use(app.ApplicationServices.GetRequiredService<ApiMetrics>().RunAsync)
        .Use((context, next) =>
        {
            context.Features.Get<AccessEntry>()?.Phase = "api";

            // What is true of the fleet now is for nobody to keep.
            context.Response.Headers.CacheControl = NoStore;
            return next(context);
        })
        .Use((context, next) => context.GetEndpoint() is null ? StatusProblems.WriteAsync(context, StatusCodes.Status404NotFound) : next(context))
        .UseMiddleware<ScopeMiddleware>();

    private static void UseWith<TMiddleware>(IApplicationBuilder app, AddressSet addresses)
    {
        if (!addresses.IsEmpty)
        {
            app.UseMiddleware<TMiddleware>(addresses);
        }
    }
}
