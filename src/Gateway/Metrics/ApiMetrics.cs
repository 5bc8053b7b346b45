using System.Diagnostics.Metrics;
using System.Globalization;
using Opsen.Grains.Telemetry;

namespace Opsen.Gateway.Metrics;

/// <summary>Times the calls of the management API.</summary>
internal sealed class ApiMetrics : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;

    /// <summary>Publishes the instrument.</summary>
    public ApiMetrics(TimeProvider time, IMeterFactory meters)
    {
        _time = time;
        _meter = meters.Create(OpsenMeter.Name);
        _duration = _meter.CreateHistogram(
            "opsen.api.request.duration", "s", "Calls of the management API, by endpoint and status", tags: null, OpsenMeter.Durations);
    }

    /// <summary>Runs the endpoint of a request.</summary>
    public async Task RunAsync(HttpContext context, RequestDelegate next)
    {
        var began = _time.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            var endpoint = context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? pattern : "";
            _duration.Record(
                _time.GetElapsedTime(began).TotalSeconds,
                new("endpoint", endpoint),
                new("code", context.Response.StatusCode.ToString(CultureInfo.InvariantCulture)));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
