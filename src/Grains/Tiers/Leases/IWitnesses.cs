using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>The cluster's witnesses, as an index sees them.</summary>
internal interface IWitnesses
{
    /// <summary>The silos that are active now.</summary>
    IReadOnlyCollection<SiloAddress> Active { get; }

    /// <summary><see cref="IEpochWitness.Announce"/> of one silo. Fails as a grain call does.</summary>
    Task<WitnessReply> AnnounceAsync(SiloAddress silo, string pool, long epoch);

    /// <summary><see cref="IEpochWitness.Renew"/> of one silo. Fails as a grain call does.</summary>
    Task<WitnessReply> RenewAsync(SiloAddress silo, string pool, long epoch, TimeSpan duration);

    /// <summary>Whether a silo's process is certainly gone: another one has its address, or its machine says that nothing listens there. A machine that does
    /// not answer proves nothing.</summary>
    Task<bool> IsGoneAsync(SiloAddress silo);
}
