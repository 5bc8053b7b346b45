using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Opsen.Agent.Reporting;

/// <summary>
/// Retries calls to the gateway until one gets a final response. Failures back off 1, 2, 4, 8, 16, 30 s, each ±20 % so that agents which lost the
/// same gateway do not come back together; after five in a row the circuit opens, and one call every 30 s looks whether the gateway is back.
/// </summary>
internal sealed partial class GatewayResilience
{
    /// <summary>Failures in a row that open the circuit.</summary>
    public const int FailuresToOpen = 5;

    /// <summary>How long the circuit stays open.</summary>
    public static readonly TimeSpan OpenTime = TimeSpan.FromSeconds(30);

    /// <summary>The pause after the key was refused: it stays wrong until somebody changes it.</summary>
    public static readonly TimeSpan RefusedPause = TimeSpan.FromMinutes(1);

    /// <summary>The longest pause that a gateway may ask for: while a host is silent it is out, and a gateway that recovers does not say so.</summary>
    public static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(1);

    private const double MaxBackoffSeconds = 30;
    private const double BackoffSpread = 0.2;

    // The breaker counts failures by share and span, not in a row: every success starts the count anew (ExecuteAsync), and five
    // failures with their pauses and timeouts fit in this span.
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(5);

    private readonly ILogger<GatewayResilience> _logger;
    private readonly CircuitBreakerManualControl _circuit = new();
    private readonly ResiliencePipeline<GatewayAnswer> _pipeline;

    /// <summary>Makes one with a closed circuit.</summary>
    public GatewayResilience(TimeProvider time, ILogger<GatewayResilience> logger)
    {
        _logger = logger;
        _pipeline = new ResiliencePipelineBuilder<GatewayAnswer> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<GatewayAnswer>
            {
                ShouldHandle = new PredicateBuilder<GatewayAnswer>().Handle<BrokenCircuitException>()
                    .HandleResult(answer => answer.Outcome is GatewayOutcome.Failed or GatewayOutcome.Busy or GatewayOutcome.Refused),
                MaxRetryAttempts = int.MaxValue,
                DelayGenerator = arguments => ValueTask.FromResult<TimeSpan?>(Pause(arguments.Outcome, arguments.AttemptNumber)),
                OnRetry = Retrying,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<GatewayAnswer>
            {
                ShouldHandle = new PredicateBuilder<GatewayAnswer>().HandleResult(answer => answer.Outcome == GatewayOutcome.Failed),
                FailureRatio = 1,
                MinimumThroughput = FailuresToOpen,
                SamplingDuration = Span,
                BreakDuration = OpenTime,
                ManualControl = _circuit,
                OnOpened = Opened,
                OnClosed = Closed,
            })
            .Build();
    }

    /// <summary>Makes a call, and makes it again until the gateway accepts or rejects it.</summary>
    /// <param name="call">The call; what it sends is made anew each time.</param>
    /// <param name="cancellationToken">Ends the attempts.</param>
    public async Task<GatewayAnswer> ExecuteAsync(Func<CancellationToken, Task<GatewayAnswer>> call, CancellationToken cancellationToken)
    {
        var answer = await _pipeline.ExecuteAsync(
            static async (state, token) => await state(token), call, cancellationToken);
        await _circuit.CloseAsync(cancellationToken);
        return answer;
    }

    /// <summary>How long to wait after an attempt.</summary>
    /// <param name="outcome">What came of it.</param>
    /// <param name="attempt">How many attempts failed before it.</param>
    internal static TimeSpan Pause(Outcome<GatewayAnswer> outcome, int attempt) => outcome switch
    {
        { Exception: BrokenCircuitException { RetryAfter: { } rest } } => rest,
        { Result: { Outcome: GatewayOutcome.Refused } } => Spread(RefusedPause.TotalSeconds),
        { Result: { Outcome: GatewayOutcome.Busy, RetryAfter: { } asked } } => Longer(asked),
        _ => Spread(Math.Min(MaxBackoffSeconds, Math.Pow(2, Math.Min(attempt, 10)))),
    };

    // Never earlier than asked, up to the longest pause; up to a tenth later, so that agents do not all return at once.
    private static TimeSpan Longer(TimeSpan asked)
    {
        var bounded = Math.Clamp(asked.TotalSeconds, 1, MaxRetryAfter.TotalSeconds);
        return TimeSpan.FromSeconds(bounded * (1 + (0.1 * Random.Shared.NextDouble())));
    }

    private static TimeSpan Spread(double seconds) =>
        TimeSpan.FromSeconds(seconds * (1 + (BackoffSpread * ((2 * Random.Shared.NextDouble()) - 1))));

    private ValueTask Retrying(OnRetryArguments<GatewayAnswer> arguments)
    {
        if (arguments.Outcome.Result is { } answer)
        {
            if (answer.Outcome == GatewayOutcome.Refused)
            {
                LogRefused(answer.Detail, arguments.RetryDelay.TotalSeconds);
            }
            else
            {
                LogRetry(answer.Detail, arguments.RetryDelay.TotalSeconds);
            }
        }

        return ValueTask.CompletedTask;
    }

    private ValueTask Opened(OnCircuitOpenedArguments<GatewayAnswer> arguments)
    {
        LogOpened(FailuresToOpen, arguments.BreakDuration.TotalSeconds);
        return ValueTask.CompletedTask;
    }

    private ValueTask Closed(OnCircuitClosedArguments<GatewayAnswer> arguments)
    {
        if (!arguments.IsManual)
        {
            LogClosed();
        }

        return ValueTask.CompletedTask;
    }

    [LoggerMessage(1310, LogLevel.Warning, "The gateway cannot be used: {Detail}. Trying again in {Seconds:F1} s")]
    private partial void LogRetry(string detail, double seconds);

    [LoggerMessage(1311, LogLevel.Error,
        "The gateway refuses this agent: {Detail}. Set server_key to the gateway's server_key, or allow this address there. Trying again in {Seconds:F0} s")]
    private partial void LogRefused(string detail, double seconds);

    [LoggerMessage(1312, LogLevel.Warning, "The gateway failed at least {Failures} times in a row; from now on one call every {Seconds:F0} s")]
    private partial void LogOpened(int failures, double seconds);

    [LoggerMessage(1313, LogLevel.Information, "The gateway answers again")]
    private partial void LogClosed();
}
