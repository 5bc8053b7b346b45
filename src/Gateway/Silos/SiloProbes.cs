using Opsen.Grains.Interfaces.Silos;

namespace Opsen.Gateway.Silos;

/// <summary>Asks every silo all the time whether it answers. Which silo a call goes through follows from its grain's key, and only the answer says which it
/// was: keys that led to a silo are kept, and for the other silos keys are tried.</summary>
internal sealed partial class SiloProbes(SiloReach reach, IClusterClient cluster, TimeProvider time, ILogger<SiloProbes> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>Keys that are tried at once for each silo in the list. In the patience of <see cref="SiloReach"/> there are four rounds, so that one of many
    /// silos is missed by all of them once in e⁻³² times.</summary>
    private const int TriesForEachSilo = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, long> _keys = [];
    private readonly HashSet<long> _underWay = [];

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
            {
                Probe();
                foreach (var silo in reach.Judge())
                {
                    LogSilent(silo.Endpoint, SiloReach.Patience.TotalSeconds);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The program stops.
        }
    }

    private void Probe()
    {
        var silos = reach.Usable();
        List<long> keys;
        lock (_lock)
        {
            foreach (var gone in _keys.Keys.Except(silos).ToList())
            {
                _keys.Remove(gone);
            }

            keys = [.. _keys.Values];
            if (_keys.Count < silos.Length)
            {
                keys.AddRange(Enumerable.Range(0, TriesForEachSilo * silos.Length).Select(_ => Random.Shared.NextInt64(int.MaxValue)));
            }

            keys = [.. keys.Where(_underWay.Add)];
        }

        keys.ForEach(key => _ = ProbeAsync(key));
    }

    private async Task ProbeAsync(long key)
    {
        try
        {
            var silo = await cluster.GetGrain<ISiloEchoGrain>(key).Answer().WaitAsync(SiloReach.Patience, time);
            lock (_lock)
            {
                foreach (var former in _keys.Where(pair => pair.Value == key && !pair.Key.Equals(silo)).Select(static pair => pair.Key).ToList())
                {
                    _keys.Remove(former);
                }

                _keys.TryAdd(silo, key);
            }

            if (reach.Heard(silo))
            {
                LogAnswers(silo.Endpoint);
            }
        }
#pragma warning disable CA1031 // Whatever keeps it from answering, it has not answered.
        catch (Exception)
#pragma warning restore CA1031
        {
            // Another key may lead there.
            lock (_lock)
            {
                foreach (var silo in _keys.Where(pair => pair.Value == key).Select(static pair => pair.Key).ToList())
                {
                    _keys.Remove(silo);
                }
            }
        }
        finally
        {
            lock (_lock)
            {
                _underWay.Remove(key);
            }
        }
    }

    [LoggerMessage(3621, LogLevel.Warning, "The silo at {Endpoint} has not answered for {Seconds} s, while others do; calls go through the others")]
    private partial void LogSilent(System.Net.IPEndPoint endpoint, double seconds);

    [LoggerMessage(3622, LogLevel.Information, "The silo at {Endpoint} answers again")]
    private partial void LogAnswers(System.Net.IPEndPoint endpoint);
}
