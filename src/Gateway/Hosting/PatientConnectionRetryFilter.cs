using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Hosting;

/// <summary>Waits at start for a silo, for as long as it takes. Fails the start if the one silo that there is belongs to another cluster, because retrying
/// cannot fix that.</summary>
internal sealed partial class PatientConnectionRetryFilter(ServerOptions options, TimeProvider time, ILogger<PatientConnectionRetryFilter> logger)
    : IClientConnectionRetryFilter
{
    private const int LogEvery = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly bool _isOneSilo = options.Cluster != ClusterMode.Postgres;
    private readonly string _where = options.Cluster == ClusterMode.Postgres ? "the addresses in the cluster's database" : $"port {options.SiloGatewayPort}";
    private int _attempts;

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (_isOneSilo && exception.ToString().Contains("Unexpected cluster id", StringComparison.OrdinalIgnoreCase))
        {
            LogOtherCluster(options.SiloGatewayPort, options.ClusterId);
            return false;
        }

        if (_attempts++ % LogEvery == 0)
        {
            LogWaiting(_where, exception.Message);
        }

        await Task.Delay(Pause, time, cancellationToken);
        return true;
    }

    [LoggerMessage(3601, LogLevel.Warning, "No silo answers at {Where} yet, waiting for opsen-silo: {Message}")]
    private partial void LogWaiting(string where, string message);

    [LoggerMessage(3602, LogLevel.Error, "The silo at port {Port} belongs to another cluster than '{ClusterId}': give both programs the same cluster_id and service_id")]
    private partial void LogOtherCluster(int port, string clusterId);
}
