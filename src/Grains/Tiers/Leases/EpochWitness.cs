using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Tiers;
using Orleans.Concurrency;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>This silo's memory of which index decides for each pool.</summary>
[Reentrant]
internal sealed class EpochWitness(GrainId id, Silo silo, ILoggerFactory loggers, TimeProvider time) : GrainService(id, silo, loggers), IEpochWitness
{
    private readonly Dictionary<string, Seen> _pools = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task<WitnessReply> Announce(string pool, long epoch)
    {
        var seen = _pools.GetValueOrDefault(pool);
        _pools[pool] = seen with { Epoch = Math.Max(seen.Epoch, epoch) };
        return Task.FromResult(new WitnessReply(Math.Max(seen.Epoch, epoch), seen.ConfirmedEpoch < epoch ? Left(seen) : TimeSpan.Zero));
    }

    /// <inheritdoc/>
    public Task<WitnessReply> Renew(string pool, long epoch, TimeSpan duration)
    {
        var seen = _pools.GetValueOrDefault(pool);
        if (epoch >= seen.Epoch)
        {
            _pools[pool] = seen = new Seen(epoch, epoch, time.GetTimestamp(), duration);
        }

        return Task.FromResult(new WitnessReply(seen.Epoch, TimeSpan.Zero));
    }

    private TimeSpan Left(Seen seen)
    {
        var left = seen.Duration - time.GetElapsedTime(seen.ConfirmedAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private readonly record struct Seen(long Epoch, long ConfirmedEpoch, long ConfirmedAt, TimeSpan Duration);
}
