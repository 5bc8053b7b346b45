using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>What a witness remembers: for each pool the highest epoch, and what it has confirmed last. Forgotten with the process, which is why an index that
/// begins asks whether a silent witness is gone. For one caller at a time.</summary>
internal sealed class EpochMemory(TimeProvider time)
{
    private readonly Dictionary<string, Seen> _pools = new(StringComparer.Ordinal);

    /// <summary>See <see cref="IEpochWitness.Announce"/>.</summary>
    public WitnessReply Announce(string pool, long epoch)
    {
        var seen = _pools.GetValueOrDefault(pool);
        var highest = Math.Max(seen.Epoch, epoch);
        _pools[pool] = seen with { Epoch = highest };
        return new WitnessReply(highest, seen.ConfirmedEpoch < epoch ? Left(seen) : TimeSpan.Zero);
    }

    /// <summary>See <see cref="IEpochWitness.Renew"/>.</summary>
    public WitnessReply Renew(string pool, long epoch, TimeSpan duration)
    {
        var seen = _pools.GetValueOrDefault(pool);
        if (epoch >= seen.Epoch)
        {
            _pools[pool] = seen = new Seen(epoch, epoch, time.GetTimestamp(), duration);
        }

        return new WitnessReply(seen.Epoch, TimeSpan.Zero);
    }

    private TimeSpan Left(Seen seen)
    {
        var left = seen.Duration - time.GetElapsedTime(seen.ConfirmedAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private readonly record struct Seen(long Epoch, long ConfirmedEpoch, long ConfirmedAt, TimeSpan Duration);
}
