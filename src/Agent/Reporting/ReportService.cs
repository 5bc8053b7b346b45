using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Reporting;

/// <summary>
/// Registers the host and reports its load at an interval, for as long as the agent runs. Whatever the gateway does, it goes on: a host that stops
/// asking is lost until somebody looks. Only the newest state is ever sent; the gateway has no use for old ones.
/// </summary>
internal sealed partial class ReportService(
    HostReport report,
    GatewayClient gateway,
    GatewayResilience resilience,
    ShutdownDrain drain,
    ClientOptions options,
    TimeProvider time,
    ILogger<ReportService> logger)
    : BackgroundService
{
    /// <summary>The pause after the gateway rejected a registration: it stays wrong until somebody changes it.</summary>
    public static readonly TimeSpan RejectedPause = TimeSpan.FromMinutes(1);

    private const double IntervalSpread = 0.1;

    private static readonly TimeSpan LeastSpreadInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan SamplePause = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _interval = TimeSpan.FromSeconds(options.ReportIntervalSeconds);
    private readonly Uri _server = new(options.ServerUrl);
    private RegisterRequest? _registered;
    private bool _isKnown;

    /// <summary>Stops reporting; then, if the gateway knows this host, takes it out for new sessions.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
        if (_isKnown)
        {
            await drain.RunAsync(_registered!.ClientId!, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await report.WhenReadyAsync(stoppingToken).ConfigureAwait(false);
        while (true)
        {
            await RegisterAsync(stoppingToken).ConfigureAwait(false);
            await ReportWhileKnownAsync(stoppingToken).ConfigureAwait(false);
        }
    }

    private async Task RegisterAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await resilience.ExecuteAsync(SendRegistrationAsync, cancellationToken).ConfigureAwait(false);
            switch (answer.Outcome)
            {
                case GatewayOutcome.Accepted:
                    _isKnown = true;
                    LogRegistered(logger, _registered!.ClientId!, options.ServerUrl);
                    return;
                case GatewayOutcome.NothingToSend:
                    await Task.Delay(SamplePause, time, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    LogRegistrationRejected(logger, answer.Detail, RejectedPause.TotalSeconds);
                    await Task.Delay(RejectedPause, time, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }
    }

    // Returns when the host has to register again.
    private async Task ReportWhileKnownAsync(CancellationToken cancellationToken)
    {
        for (var first = true; ; first = false)
        {
            var answer = await resilience.ExecuteAsync(SendStatsAsync, cancellationToken).ConfigureAwait(false);
            switch (answer.Outcome)
            {
                case GatewayOutcome.Accepted:
                    LogReported(logger);
                    break;
                case GatewayOutcome.UnknownHost when first:
                    // Registered a moment ago and forgotten already: registering again at once would go round without end.
                    LogRejected(logger, answer.Detail);
                    await Task.Delay(NextInterval(), time, cancellationToken).ConfigureAwait(false);
                    return;
                case GatewayOutcome.UnknownHost:
                    LogForgotten(logger);
                    return;
                case GatewayOutcome.NothingToSend:
                    LogNothingToSend(logger);
                    break;
                default:
                    LogRejected(logger, answer.Detail);
                    break;
            }

            await Task.Delay(NextInterval(), time, cancellationToken).ConfigureAwait(false);
            if (HardwareChanged())
            {
                LogHardwareChanged(logger);
                return;
            }
        }
    }

    private async Task<GatewayAnswer> SendRegistrationAsync(CancellationToken cancellationToken)
    {
        var local = await LocalAddress.TowardsAsync(_server, cancellationToken).ConfigureAwait(false);
        if (report.Registration(local) is not { } registration)
        {
            return new GatewayAnswer(GatewayOutcome.NothingToSend);
        }

        var answer = await gateway.RegisterAsync(registration, cancellationToken).ConfigureAwait(false);
        _registered = registration;
        return answer;
    }

    private Task<GatewayAnswer> SendStatsAsync(CancellationToken cancellationToken) => report.Stats() is { } stats
        ? gateway.ReportAsync(stats, cancellationToken)
        : Task.FromResult(new GatewayAnswer(GatewayOutcome.NothingToSend));

    // A card that was lost or found, or a core taken away, changes what was registered.
    private bool HardwareChanged() => report.Registration(null) is { } now
        && (now.TotalCpu != _registered!.TotalCpu || !(now.GpuModels ?? []).SequenceEqual(_registered.GpuModels ?? []));

    // Agents that were started together drift apart.
    private TimeSpan NextInterval() => _interval < LeastSpreadInterval
        ? _interval
        : _interval * (1 + (IntervalSpread * ((2 * Random.Shared.NextDouble()) - 1)));

    [LoggerMessage(EventId = 300, Level = LogLevel.Information, Message = "Registered as {ClientId} at {Server}.")]
    private static partial void LogRegistered(ILogger logger, string clientId, string server);

    [LoggerMessage(EventId = 301, Level = LogLevel.Error, Message = "The gateway rejects the registration: {Detail}. Trying again in {Seconds:F0} s.")]
    private static partial void LogRegistrationRejected(ILogger logger, string detail, double seconds);

    [LoggerMessage(EventId = 302, Level = LogLevel.Debug, Message = "Reported.")]
    private static partial void LogReported(ILogger logger);

    [LoggerMessage(EventId = 303, Level = LogLevel.Warning, Message = "The gateway rejects the report: {Detail}.")]
    private static partial void LogRejected(ILogger logger, string detail);

    [LoggerMessage(EventId = 304, Level = LogLevel.Information, Message = "The gateway does not know this host any more; registering again.")]
    private static partial void LogForgotten(ILogger logger);

    [LoggerMessage(EventId = 305, Level = LogLevel.Warning, Message = "There is no fresh sample of cores and memory; this report is left out.")]
    private static partial void LogNothingToSend(ILogger logger);

    [LoggerMessage(EventId = 306, Level = LogLevel.Information, Message = "The number of cores or the GPU cards changed; registering again.")]
    private static partial void LogHardwareChanged(ILogger logger);
}
