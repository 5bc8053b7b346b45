using Microsoft.Extensions.Logging;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Reporting;

/// <summary>Takes the host out for new sessions when the agent stops in order (<c>drain_on_shutdown</c>). One attempt, which never holds the stop up for
/// long.</summary>
internal sealed partial class ShutdownDrain(GatewayClient gateway, AgentOptions options, TimeProvider time, ILogger<ShutdownDrain> logger)
{
    /// <summary>How much longer the stop takes at most because of it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    /// <summary>Drains the host, if it is configured.</summary>
    /// <param name="clientId">The host.</param>
    /// <param name="cancellationToken">Ends the attempt before its time.</param>
    public async Task RunAsync(string clientId, CancellationToken cancellationToken)
    {
        if (!options.DrainOnShutdown)
        {
            return;
        }

        using var deadline = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            var answer = await gateway.DrainAsync(clientId, both.Token);
            if (answer.Outcome == GatewayOutcome.Accepted)
            {
                LogDrained();
            }
            else
            {
                LogNotDrained(answer.Detail);
            }
        }
        catch (OperationCanceledException)
        {
            LogNotDrained($"no answer within {Patience.TotalSeconds:F0} s");
        }
    }

    [LoggerMessage(1320, LogLevel.Information, "The host gets no new sessions from now on; the next start of the agent ends that")]
    private partial void LogDrained();

    [LoggerMessage(1321, LogLevel.Warning, "The gateway could not be told that this host stops: {Detail}")]
    private partial void LogNotDrained(string detail);
}
