using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Opsen.Gateway.Tests.Proxy.Failover;

/// <summary>A backend that comes back where a dead one was; answers "revived".</summary>
internal sealed class RevivedBackend : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RevivedBackend(WebApplication app) => _app = app;

    public static async Task<RevivedBackend> StartAsync(string url)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, new Uri(url).Port));
        var app = builder.Build();
        app.Run(context => context.Response.WriteAsync("revived"));
        await app.StartAsync();
        return new RevivedBackend(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
