using Microsoft.Extensions.Logging;
using Opsen.Grains.Interfaces.Tiers;
using Orleans.Concurrency;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>This silo's memory of which index decides for each pool.</summary>
[Reentrant]
internal sealed class EpochWitness(GrainId id, Silo silo, ILoggerFactory loggers, TimeProvider time) : GrainService(id, silo, loggers), IEpochWitness
{
    private readonly EpochMemory _memory = new(time);

    /// <inheritdoc/>
    public Task<WitnessReply> Announce(string pool, long epoch) => Task.FromResult(_memory.Announce(pool, epoch));

    /// <inheritdoc/>
    public Task<WitnessReply> Renew(string pool, long epoch, TimeSpan duration) => Task.FromResult(_memory.Renew(pool, epoch, duration));
}
