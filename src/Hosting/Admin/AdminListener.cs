using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opsen.Protocol.Configuration;
using Orleans.Dashboard;

namespace Opsen.Hosting.Admin;

/// <summary>
/// The listener for operators: Orleans Dashboard, liveness and readiness. It has its own port and its own pipeline, so that no request to another listener
/// can reach what it serves, whatever its Host header says.
/// </summary>
public static class AdminListener
{
    /// <summary>Path of the dashboard.</summary>
    public const string DashboardPath = "/dashboard";

    /// <summary>Path of the metrics, in Prometheus' text format.</summary>
    public const string MetricsPath = "/metrics";

    /// <summary>Path of the series of single hosts, in the same format.</summary>
    public const string HostMetricsPath = "/metrics/hosts";

    /// <summary>Opens the admin port, unless it is 0. Its connections are marked: a port alone does not tell, because two listeners may have the same one at
    /// different addresses.</summary>
    public static void ListenForAdmin(this KestrelServerOptions kestrel, string host, int port)
    {
        ArgumentNullException.ThrowIfNull(kestrel);
        if (port != 0)
        {
            kestrel.Listen(ListenAddress.Parse(host), port, static listener => listener.Use(static next => connection =>
            {
                connection.Features.Set(AdminConnection.Instance);
                return next(connection);
            }));
        }
    }

    /// <summary>Sends what comes in at the admin listener to its pipeline; everything else goes on. Nothing is done for port 0.</summary>
    /// <param name="app">The program's pipeline.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="port">The admin port.</param>
    /// <param name="extend">Adds to the listener's pipeline what this program alone has; behind the guard.</param>
    public static void UseAdminListener(this IApplicationBuilder app, ServerOptions options, int port, Action<IApplicationBuilder>? extend = null)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(options);
        if (port == 0)
        {
            return;
        }

        var guard = new AdminGuard(options, app.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(AdminListener)));
        var pipeline = guard.Protect(BuildPipeline(app.ApplicationServices, extend));
        app.Use(next => context => context.Features.Get<AdminConnection>() is null ? next(context) : pipeline(context));
    }

    private static RequestDelegate BuildPipeline(IServiceProvider services, Action<IApplicationBuilder>? extend)
    {
        var admin = new ApplicationBuilder(services);
        extend?.Invoke(admin);
        admin.UseRouting();
        admin.UseEndpoints(endpoints =>
        {
            endpoints.MapGet("/", () => Results.Redirect(DashboardPath + "/"));
            foreach (var path in (string[])["/livez", "/health/live"])
            {
                endpoints.MapGet(path, () => Results.Text("live\n"));
            }

            foreach (var path in (string[])["/readyz", "/health/ready"])
            {
                endpoints.MapGet(path, (Readiness readiness) =>
                    readiness.IsReady ? Results.Text("ready\n") : Results.Text("not ready\n", statusCode: (int)HttpStatusCode.ServiceUnavailable));
            }

            endpoints.MapPrometheusScrapingEndpoint(MetricsPath);
            endpoints.MapGet(HostMetricsPath, WriteHostsAsync);
            endpoints.MapOrleansDashboard(DashboardPath);
        });
        return admin.Build();
    }

    private static async Task WriteHostsAsync(HttpContext context)
    {
        context.Response.ContentType = "text/plain; version=0.0.4; charset=utf-8";
        var writer = new HostSeriesWriter(context.Response.BodyWriter);
        foreach (var source in context.RequestServices.GetServices<IHostSeriesSource>())
        {
            source.Write(writer);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    /// <summary>A feature of the admin listener's connections.</summary>
    private sealed class AdminConnection
    {
        public static AdminConnection Instance { get; } = new();
    }
}
