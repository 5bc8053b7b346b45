using System.Diagnostics.Metrics;
using System.Globalization;
using Opsen.Gateway.Proxy.Failover;
using Opsen.Gateway.Routing;
using Opsen.Grains.Telemetry;

namespace Opsen.Gateway.Proxy;

/// <summary>Counts and times proxied requests.</summary>
internal sealed class ProxyMetrics : IDisposable
{
    private const string UnknownTier = "unknown";
    private const string CallerGone = "caller_gone";
    private const int FirstCode = 100;
    private const int CodeCount = 500;

    /// <summary>A number would be boxed for every request.</summary>
    private static readonly string[] Codes = [.. Enumerable.Range(FirstCode, CodeCount).Select(static code => code.ToString(CultureInfo.InvariantCulture))];

    private static readonly string[] Outcomes = DecisionWords.WordsOf<ForwardOutcome>();

    private readonly GatewayFleet _fleet;
    private readonly HostTraffic _hosts;
    private readonly TimeProvider _time;
    private readonly Meter _meter;
    private readonly Histogram<double> _duration;
    private readonly Histogram<double> _firstByte;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _retries;

    /// <summary>Publishes the instruments.</summary>
    public ProxyMetrics(
        GatewayFleet fleet, HostTraffic hosts, RetryBudget budget, EndpointBreaker breaker, TimeProvider time, IMeterFactory meters)
    {
        (_fleet, _hosts, _time) = (fleet, hosts, time);
        _meter = meters.Create(OpsenMeter.Name);
        _duration = _meter.CreateHistogram(
            "opsen.proxy.request.duration", "s", "Proxied requests, to the end of their response, by tier and status", tags: null, OpsenMeter.Durations);
        _firstByte = _meter.CreateHistogram(
            "opsen.proxy.backend.duration", "s", "From the decision to the head of the backend's response, by tier", tags: null, OpsenMeter.Durations);
        _failures = _meter.CreateCounter<long>("opsen.proxy.failures", "{attempt}", "Attempts at a backend that gave no usable response, by what happened");
        _retries = _meter.CreateCounter<long>("opsen.proxy.retries", "{attempt}", "Attempts at another backend, or at the same one anew");
        _meter.CreateObservableGauge("opsen.proxy.requests.active", () => budget.Running, "{request}", "Proxied requests in progress");
        _meter.CreateObservableGauge("opsen.proxy.retries.active", () => budget.Retries, "{attempt}", "Retries in progress");
        _meter.CreateObservableGauge(
            "opsen.proxy.hosts.blocked", () => breaker.Blocked?.Count ?? 0, "{host}", "Hosts with an endpoint that this gateway leaves out for now");
    }

    /// <summary>A request is sent to a host.</summary>
    public void Sent(string clientId) => _hosts.Begin(clientId);

    /// <summary>An attempt has ended.</summary>
    /// <param name="clientId">The host.</param>
    /// <param name="outcome">How.</param>
    /// <param name="isCallerGone">Whether the caller left before, which is no failure of the host's.</param>
    public void Ended(string clientId, ForwardOutcome outcome, bool isCallerGone)
    {
        var isOfTheCaller = isCallerGone || outcome is ForwardOutcome.ClientSilent or ForwardOutcome.BodyRefused;
        _hosts.End(clientId, hasFailed: outcome != ForwardOutcome.Responded && !isOfTheCaller);
        if (outcome != ForwardOutcome.Responded)
        {
            _failures.Add(1, new KeyValuePair<string, object?>("outcome", isCallerGone ? CallerGone : Outcomes[(int)outcome]));
        }
    }

    /// <summary>Another attempt follows.</summary>
    public void Retried() => _retries.Add(1);

    /// <summary>A request is over.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">Its way.</param>
    /// <param name="leftAt">A host at which the caller left it; null when all attempts have ended.</param>
    public void Finished(HttpContext context, ForwardedRequest request, string? leftAt)
    {
        if (leftAt is not null)
        {
            _hosts.End(leftAt, hasFailed: false);
        }

        KeyValuePair<string, object?> tier = new("tier", _fleet.FindTier(request.Tier)?.Name ?? UnknownTier);
        ref var times = ref request.Times;
        var code = context.Response.StatusCode - FirstCode;
        _duration.Record(_time.GetElapsedTime(times.Begun).TotalSeconds, tier, new("code", code is >= 0 and < CodeCount ? Codes[code] : ""));
        if (times.Responded != 0)
        {
            _firstByte.Record(_time.GetElapsedTime(times.Decided, times.Responded).TotalSeconds, tier);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
