using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opsen.Gateway.AccessLogs;
using Opsen.Gateway.Api;
using Opsen.Gateway.Listeners;
using Opsen.Gateway.Listeners.Addresses;
using Opsen.Gateway.Listeners.HalfOpen;
using Opsen.Gateway.Listeners.Http1;
using Opsen.Gateway.Listeners.Http2;
using Opsen.Gateway.Listeners.PlainHttp2;
using Opsen.Gateway.Listeners.Tls;
using Opsen.Gateway.Operator;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Proxy;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Routing;
using Opsen.Hosting.Admin;
using Opsen.Hosting.Cluster;
using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Hosting;

/// <summary>The <c>opsen-gateway</c> program: services, listeners and the order in which a request passes them.</summary>
internal static class GatewayProgram
{
    /// <summary>With fewer connections than these, an operator should hear of it.</summary>
    private const int FewestConnections = 1000;

    /// <summary>Builds the program. When it returns, the database is ready and nothing listens yet.</summary>
    public static async Task<WebApplication> BuildAsync(ServerOptions options, IReadOnlyList<string> warnings)
    {
        PortCheck.Require("port", options.Host, options.Port);
        PortCheck.Require("admin_port", options.AdminHost, options.AdminPort);
        if (options.Cluster == ClusterMode.Embedded && options.ExplicitKeys.Contains("silo_port"))
        {
            PortCheck.Require("silo_port", "127.0.0.1", options.SiloPort);
        }

        var builder = ProgramBuilder.Create(options);
        await AddClusterAsync(builder, options);
        AddRouting(builder.Services);
        builder.Services.AddOpsenEdge(options);
        builder.Services.AddOpsenProxy(options);
        builder.Services.AddOperatorApi();
        if (options.AccessLog.Length > 0)
        {
            builder.Services.AddSingleton<AccessLogWriter>();
            builder.Services.AddHostedService(static provider => provider.GetRequiredService<AccessLogWriter>());
        }

        // Registered after the cluster, so that it starts between the cluster and the listeners.
        builder.Services.AddHostedService<ClusterWarmup>();
        builder.Services.AddSingleton<ConnectionDrain>();
        builder.Services.AddHostedService(static provider => provider.GetRequiredService<ConnectionDrain>());
        builder.Services.AddPlainHttp2();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets => ListenSocket.Configure(sockets, options));
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));

        var app = builder.Build();
        StartupLog.Report(
            app.Logger,
            app.Lifetime,
            "opsen-gateway",
            [.. warnings, .. OpenApi(options), .. FewConnections(app.Services.GetRequiredService<DescriptorBudget>())],
            () => DescribeAddresses(app));
        UsePipeline(app, options);
        return app;
    }

    /// <summary>A warning when everyone who reaches the main listener may call the API.</summary>
    private static IEnumerable<string> OpenApi(ServerOptions options) =>
        !new ApiKeys(options).IsOpen || options.WhitelistedIps.Count > 0 || IPAddress.IsLoopback(ListenAddress.Parse(options.Host)) ? []
            : ["server_key and api_keys are empty, so everyone who reaches this gateway may register hosts and call its API; set a key, or whitelisted_ips"];

    /// <summary>A warning when the system lets this process have few connections.</summary>
    private static IEnumerable<string> FewConnections(DescriptorBudget budget) => budget.Connections >= FewestConnections ? []
        : [$"the system's limit of open files allows {budget.Connections} connections of clients and as many to backends; raise it (LimitNOFILE in the unit, ulimit -n)"];

    private static async Task AddClusterAsync(WebApplicationBuilder builder, ServerOptions options)
    {
        if (options.Cluster == ClusterMode.Embedded)
        {
            await builder.UseOpsenSiloAsync(options);
        }
        else
        {
            await builder.UseOpsenClusterClientAsync(options);
        }
    }

    private static void AddRouting(IServiceCollection services)
    {
        services.AddSingleton<Placements>();
        services.AddSingleton<DecisionMetrics>();
        services.AddSingleton<RouteResolver>();
        services.AddSingleton<IRouteResolver, WaitingResolver>();
    }

    private static void Listen(KestrelServerOptions kestrel, ServerOptions options)
    {
        var budget = kestrel.ApplicationServices.GetRequiredService<DescriptorBudget>();
        kestrel.ConfigureKestrel(options, budget);
        var address = ListenAddress.Parse(options.Host);
        if (options.TlsCertFile.Length == 0)
        {
            kestrel.ListenPlain(address, options.Port, listener => listener.UseClientAddresses(options, budget));
        }
        else
        {
            kestrel.Listen(address, options.Port, listener =>
            {
                listener.UseHalfOpen().UseClientAddresses(options, budget);
                listener.UseConfiguredTls(options).UseStrictHttp1();
                listener.UseSentStreams();
            });
        }

        kestrel.ListenForAdmin(options.AdminHost, options.AdminPort);
    }

    /// <summary>The admin listener branches off first. On the main listener: the edge, then the management API, then the proxy.</summary>
    private static void UsePipeline(WebApplication app, ServerOptions options)
    {
        app.UseAdminListener(options, options.AdminPort, AdminPipeline.Use);
        app.Use(app.Services.GetRequiredService<ConnectionDrain>().Use);
        if (options.AccessLog.Length > 0)
        {
            app.UseMiddleware<AccessLogMiddleware>();
        }

        app.UseOpsenEdge();
        var management = BuildManagement(app.Services);
        app.Use(next => context => ManagementPaths.Contains(context.Request.Path) ? management(context) : next(context));
        if (options.ProxyEndpoints.Count > 0)
        {
            var proxy = app.Services.GetRequiredService<ProxyEndpoint>();
            var paths = app.Services.GetRequiredService<ProxyPathMatcher>();
            RequestDelegate handle = proxy.HandleAsync;
            if (options.MaxConcurrentRequests > 0)
            {
                var queue = app.Services.GetRequiredService<RequestQueue>();
                handle = context => queue.RunAsync(context, proxy.HandleAsync);
            }

            app.Use(next => context => paths.Matches(context.Request.Path) ? handle(context) : next(context));
        }

        app.Run(context => StatusProblems.WriteAsync(context, StatusCodes.Status404NotFound));
    }

    /// <summary>A separate pipeline, so that proxied requests skip endpoint routing.</summary>
    private static RequestDelegate BuildManagement(IServiceProvider services)
    {
        var management = new ApplicationBuilder(services);
        management.UseRouting();
        management.UseEndpointChecks();
        management.UseEndpoints(endpoints => endpoints.MapManagementApi());
        return management.Build();
    }

    private static string DescribeAddresses(WebApplication app)
    {
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? [];
        return string.Join(", ", addresses.Where(static address => !PlainHttp2Extensions.IsHandover(address)));
    }
}
