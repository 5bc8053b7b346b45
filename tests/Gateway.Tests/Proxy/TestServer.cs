using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Opsen.Gateway.Listeners.HalfOpen;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>A Kestrel on a free loopback port that hands every request to one handler.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app, LogRecorder log)
    {
        _app = app;
        Log = log;
        Url = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        Client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = new Uri(Url) };
    }

    public string Url { get; }

    public int Port => new Uri(Url).Port;

    /// <summary>A client to this server.</summary>
    public HttpClient Client { get; }

    public LogRecorder Log { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<TestServer> StartAsync(
        Func<IServiceProvider, RequestDelegate> handler,
        Action<IServiceCollection>? configure = null,
        Action<KestrelServerOptions>? limits = null,
        HttpProtocols protocols = HttpProtocols.Http1,
        Func<RequestDelegate, RequestDelegate>? before = null,
        bool listensItself = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        var log = new LogRecorder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Debug);
        builder.WebHost.UseKestrelHttpsConfiguration().UseKestrel(kestrel =>
        {
            limits?.Invoke(kestrel);
            if (!listensItself)
            {
                return;
            }

            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHalfOpen().Protocols = protocols);
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(100));
        configure?.Invoke(builder.Services);
        var app = builder.Build();
        var terminal = handler(app.Services);
        app.Run(before?.Invoke(terminal) ?? terminal);
        await app.StartAsync();
        return new TestServer(app, log);
    }

    public static Task<TestServer> StartAsync(RequestDelegate handler, HttpProtocols protocols = HttpProtocols.Http1) =>
        StartAsync(_ => handler, limits: kestrel => kestrel.Limits.MaxRequestBodySize = null, protocols: protocols);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}
