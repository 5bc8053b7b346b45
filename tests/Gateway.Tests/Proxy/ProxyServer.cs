using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Proxy;
using Opsen.Gateway.Routing;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Fleet;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Starts gateways that have nothing but the proxy.</summary>
internal static class ProxyServer
{
    public static Task<TestServer> StartAsync(
        ScriptedRoutes routes,
        ServerOptions? options = null,
        Func<ProxySettings, ProxySettings>? settings = null,
        HttpProtocols protocols = HttpProtocols.Http1,
        Func<RequestDelegate, RequestDelegate>? before = null,
        TimeProvider? time = null)
    {
        options ??= new ServerOptions();
        if (options.ProxyEndpoints.Count == 0)
        {
            options.ProxyEndpoints = ["/"];
        }

        return TestServer.StartAsync(
            services => services.GetRequiredService<ProxyEndpoint>().HandleAsync,
            services =>
            {
                services.AddSingleton<IRouteResolver>(routes);
                services.AddSingleton(new StickyKeyResolver(options));
                services.AddSingleton(new GeoLocator(options));
                services.AddSingleton(new GatewayFleet(new FleetView(options.Pool)));
                services.AddSingleton(time ?? TimeProvider.System);
                services.AddSingleton(new FakeGrains());
                services.AddSingleton(provider => provider.GetRequiredService<FakeGrains>().Factory);
                services.AddOpsenProxy(options);
                services.Replace(ServiceDescriptor.Singleton((settings ?? (same => same))(ProxySettings.From(options))));
            },
            kestrel =>
            {
                kestrel.AddServerHeader = false;
                kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodyBytes;
                kestrel.Limits.MinRequestBodyDataRate = null;
            },
            protocols,
            before);
    }

    /// <summary>A port of this machine at which nobody listens.</summary>
    public static string DeadUrl()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        return $"http://127.0.0.1:{port}";
    }
}
