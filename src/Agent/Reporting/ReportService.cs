using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Geo;
using Opsen.Agent.Network;
using Opsen.Agent.Sampling;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Reporting;

/// <summary>
/// Registers the host and reports its load at an interval, for as long as the agent runs. Whatever the gateway does, it goes on: a host that stops
/// asking is lost until somebody looks. Only the newest state is ever sent; the gateway has no use for old ones.
/// </summary>
internal sealed partial class ReportService(
    HostReport report,
    HostPlace place,
    ChangeWatch watch,
    GatewayClient gateway,
    GatewayResilience resilience,
    ShutdownDrain drain,
    AgentOptions options,
    TimeProvider time,
    ILogger<ReportService> logger)
    : BackgroundService
{
    /// <summary>The pause after the gateway rejected a registration: it stays wrong until somebody changes it.</summary>
    public static readonly TimeSpan RejectedPause = TimeSpan.FromMinutes(1);

    private const double IntervalSpread = 0.1;

    private static readonly TimeSpan MinSpreadInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SamplePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ComparePause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FaultPause = TimeSpan.FromSeconds(10);

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(options.ReportIntervalSeconds);
    private readonly Uri _server = new(options.ServerUrl);
    private RegisterRequest? _registered;
    private long? _comparedAt;
    private bool _isTidy;
    private LocalRoute? _route;
    private bool _isKnown;

    /// <summary>Stops reporting; then, if the gateway knows this host, takes it out for new sessions.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_isKnown)
        {
            await drain.RunAsync(_registered!.ClientId!, cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await report.WhenReadyAsync(stoppingToken);
        while (true)
        {
            try
            {
                await RegisterAsync(stoppingToken);
                await ReportWhileKnownAsync(stoppingToken);
            }
#pragma warning disable CA1031 // A fault of the agent's own must not end it: the host would be lost until somebody looks.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogFault(FaultPause.TotalSeconds, exception);
                await Task.Delay(FaultPause, time, stoppingToken);
            }
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await resilience.ExecuteAsync(SendRegistrationAsync, cancellationToken);
            switch (answer.Outcome)
            {
                case GatewayOutcome.Accepted:
                    _isKnown = true;

                    // A public address of the host's own is better than that of what is between it and the gateway.
                    place.See(_route is not null && LocalAddress.IsPublic(_route.Local) ? _route.Local : answer.Address);
                    LogRegistered(_registered!.ClientId!, options.ServerUrl);
                    return;
                case GatewayOutcome.NothingToSend:
                    await Task.Delay(SamplePause, time, cancellationToken);
                    break;
                default:
                    LogRegistrationRejected(answer.Detail, RejectedPause.TotalSeconds);
                    await Task.Delay(RejectedPause, time, cancellationToken);
                    break;
            }
        }
    }

    // Returns when the host has to register again.
    private async Task ReportWhileKnownAsync(CancellationToken cancellationToken)
    {
        for (var first = true; ; first = false)
        {
            var changed = watch.Begin();
            var answer = await resilience.ExecuteAsync(SendStatsAsync, cancellationToken);
            switch (answer.Outcome)
            {
                case GatewayOutcome.Accepted:
                    LogReported();
                    Tidy();
                    break;
                case GatewayOutcome.UnknownHost when first:
                    // Registered a moment ago and forgotten already: registering again at once would go round without end.
                    LogRejected(answer.Detail);
                    await Task.Delay(NextInterval(), time, cancellationToken);
                    return;
                case GatewayOutcome.UnknownHost:
                    LogForgotten();
                    return;
                case GatewayOutcome.NothingToSend:
                    LogNothingToSend();
                    break;
                default:
                    LogRejected(answer.Detail);
                    break;
            }

            await WaitAsync(changed, cancellationToken);
            if ((_comparedAt is not { } before || time.GetElapsedTime(before) >= ComparePause) && RegistrationChanged())
            {
                LogRegistrationChanged();
                return;
            }
        }
    }

    // What the start left behind is given back once; after that there is next to nothing to collect.
    private void Tidy()
    {
        if (!_isTidy)
        {
            _isTidy = true;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }

    // Until the next report is due, or the load has changed.
    private async Task WaitAsync(Task changed, CancellationToken cancellationToken)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (await Task.WhenAny(changed, Task.Delay(NextInterval(), time, wait.Token)) == changed)
        {
            LogChanged(options.ReportChangePct);
        }

        await wait.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private async Task<GatewayAnswer> SendRegistrationAsync(CancellationToken cancellationToken)
    {
        _route = await LocalAddress.TowardsAsync(_server, cancellationToken);
        if (report.Registration(_route?.Local) is not { } registration)
        {
            return new GatewayAnswer(GatewayOutcome.NothingToSend);
        }

        var answer = await gateway.RegisterAsync(registration, cancellationToken);
        _registered = registration;
        return answer;
    }

    private Task<GatewayAnswer> SendStatsAsync(CancellationToken cancellationToken) => report.Stats() is { } stats
        ? gateway.ReportAsync(stats, cancellationToken)
        : Task.FromResult(new GatewayAnswer(GatewayOutcome.NothingToSend));

    // A card that was lost or found, a core taken away, another name, place, or address on the way to the same gateway.
    private bool RegistrationChanged()
    {
        _comparedAt = time.GetTimestamp();
        var route = _route is null ? null : LocalAddress.RouteTo(_route.Server);
        return report.Registration(route?.Local) is { } now
            && (now.TotalCpu != _registered!.TotalCpu
                || !(now.GpuModels ?? []).SequenceEqual(_registered.GpuModels ?? [])
                || now.Hostname != _registered.Hostname
                || (now.Latitude, now.Longitude, now.PublicIp) != (_registered.Latitude, _registered.Longitude, _registered.PublicIp)
                || (now.LocalIp is not null && now.LocalIp != _registered.LocalIp));
    }

    // Agents that were started together drift apart.
    private TimeSpan NextInterval() => _interval < MinSpreadInterval
        ? _interval
        : _interval * (1 + (IntervalSpread * ((2 * Random.Shared.NextDouble()) - 1)));

    [LoggerMessage(1300, LogLevel.Information, "Registered as {ClientId} at {Server}")]
    private partial void LogRegistered(string clientId, string server);

    [LoggerMessage(1301, LogLevel.Error, "The gateway rejects the registration: {Detail}. Trying again in {Seconds:F0} s")]
    private partial void LogRegistrationRejected(string detail, double seconds);

    [LoggerMessage(1302, LogLevel.Debug, "Reported")]
    private partial void LogReported();

    [LoggerMessage(1303, LogLevel.Warning, "The gateway rejects the report: {Detail}")]
    private partial void LogRejected(string detail);

    [LoggerMessage(1304, LogLevel.Information, "The gateway does not know this host any more; registering again")]
    private partial void LogForgotten();

    [LoggerMessage(1305, LogLevel.Warning, "There is no fresh sample of cores and memory; this report is left out")]
    private partial void LogNothingToSend();

    [LoggerMessage(1306, LogLevel.Information, "This host's name, address, place, number of cores or GPU cards changed; registering again")]
    private partial void LogRegistrationChanged();

    [LoggerMessage(1307, LogLevel.Error, "Reporting failed; going on in {Seconds:F0} s")]
    private partial void LogFault(double seconds, Exception exception);

    [LoggerMessage(1308, LogLevel.Debug, "The load changed by more than {Points} points; reporting at once")]
    private partial void LogChanged(double points);
}
