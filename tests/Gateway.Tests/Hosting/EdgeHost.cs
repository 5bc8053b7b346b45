using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opsen.Gateway.Api;
using Opsen.Gateway.Hosting;
using Opsen.Gateway.Listeners;
using Opsen.Gateway.Listeners.Addresses;
using Opsen.Gateway.Listeners.Tls;
using Opsen.Gateway.Routing;
using Opsen.Grains.Fleet;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Hosting;

/// <summary>The main listener's edge on a real Kestrel and a free port, in front of a fake cluster.
/// A stand-in for the proxy answers 200 with the client's address to everything below <c>/app</c>.</summary>
internal sealed class EdgeHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EdgeHost(WebApplication app, FakeGrains grains, RecordingResolver resolver, FleetView fleet, LogRecorder log)
    {
        _app = app;
        Grains = grains;
        Resolver = resolver;
        Fleet = fleet;
        Log = log;
        Address = new Uri(app.Urls.Single());
        Client = new HttpClient(new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is not null }
        })
        { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public FakeGrains Grains { get; }

    public RecordingResolver Resolver { get; }

    public FleetView Fleet { get; }

    public LogRecorder Log { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<EdgeHost> StartAsync(
        Action<ServerOptions>? configure = null, RequestDelegate? proxied = null, Action<IServiceCollection>? services = null)
    {
        var options = new ServerOptions { RateLimitPerMinute = 0 };
        configure?.Invoke(options);
        var grains = new FakeGrains();
        var resolver = new RecordingResolver();
        var fleet = new FleetView(options.Pool);
        var log = new LogRecorder();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.Services.AddSingleton(grains.Factory);
        builder.Services.AddSingleton<IRouteResolver>(resolver);
        builder.Services.AddSingleton(new GatewayFleet(fleet));
        services?.Invoke(builder.Services);
        builder.Services.AddOpsenEdge(options);
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.UseSockets(sockets => ListenSocket.Configure(sockets, options));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            var budget = DescriptorBudget.Read();
            kestrel.ConfigureKestrel(options, budget);
            kestrel.Listen(IPAddress.Loopback, 0, listener =>
            {
                listener.UseClientAddresses(options, budget);
                listener.UseConfiguredTls(options);
            });
        });
        var app = builder.Build();
        app.UseOpsenEdge();
        app.UseWhen(context => context.Request.Path.StartsWithSegments("/app"), branch => branch.Run(proxied ?? TellAddressAsync));
        app.UseRouting();
        app.UseEndpointChecks();
        app.MapManagementApi();
        await app.StartAsync();
        return new EdgeHost(app, grains, resolver, fleet, log);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }

    private static Task TellAddressAsync(HttpContext context) =>
        context.Response.WriteAsync($"{context.Request.Scheme} {context.Connection.RemoteIpAddress}");
}
