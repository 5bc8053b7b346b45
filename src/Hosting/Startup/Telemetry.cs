using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Opsen.Grains.Fleet;
using Opsen.Grains.Telemetry;
using Opsen.Hosting.Admin;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Startup;

/// <summary>Collects metrics, and traces where <c>otlp_endpoint</c> is set.</summary>
public static class Telemetry
{
    /// <summary>.NET's figures of the process: memory, collections, threads, processor time.</summary>
    private const string RuntimeMeter = "System.Runtime";

    /// <summary>Kestrel's figures of connections, requests in their queues and TLS handshakes.</summary>
    private const string ConnectionMeter = "Microsoft.AspNetCore.Server.Kestrel";

    /// <summary>ASP.NET Core's span of each request; Orleans' spans of grain calls.</summary>
    private static readonly string[] Sources = ["Microsoft.AspNetCore", "Microsoft.Orleans.Application", OpsenTrace.Name];

    /// <summary>Whether traces are collected, so that grain calls have to carry their context.</summary>
    public static bool HasTraces(ServerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options is { OtlpEndpoint.Length: > 0, TraceSamplePct: > 0 };
    }

    /// <summary>Adds the program's metrics for <see cref="AdminListener.MetricsPath"/>, and what goes to a collector.</summary>
    internal static void AddTelemetry(this IServiceCollection services, ServerOptions options)
    {
        services.AddSingleton<IHostSeriesSource, FleetSeries>();
        var telemetry = services.AddOpenTelemetry().ConfigureResource(static resource => resource.AddService(AppDomain.CurrentDomain.FriendlyName));
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(OpsenMeter.Name, RuntimeMeter, ConnectionMeter);
            metrics.AddInstrumentation(static provider => provider.GetRequiredService<FleetMetrics>());
            metrics.AddPrometheusExporter(static exporter => exporter.ScopeInfoEnabled = false);
            if (options.OtlpEndpoint.Length > 0)
            {
                metrics.AddOtlpExporter(exporter => exporter.Endpoint = new Uri(options.OtlpEndpoint));
            }
        });
        if (HasTraces(options))
        {
            telemetry.WithTracing(traces => traces
                .AddSource(Sources)
                .SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(options.TraceSamplePct / 100)))
                .AddOtlpExporter(exporter => exporter.Endpoint = new Uri(options.OtlpEndpoint)));
        }
    }
}
