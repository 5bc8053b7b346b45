using System.Collections.Immutable;

namespace Opsen.Grains.Tiers.Leases;

/// <summary>Where a cluster keeps, beside a pool's epoch, which silos witness its index. A failure of the storage is whatever exception its driver
/// throws.</summary>
public interface ILeaseStorage
{
    /// <summary>What the index that decided last has confirmed. No index of an earlier epoch than the pool's present one can change it.</summary>
    Task<FormerLease> ReadAsync(string pool);

    /// <summary>Confirms that an index decides. Durable when it completes. False when the pool has another epoch.</summary>
    /// <param name="pool">The pool.</param>
    /// <param name="epoch">The index's epoch.</param>
    /// <param name="number">Number of the confirmation within the epoch. One that is late, because a higher one came before it, changes nothing and is
    /// false.</param>
    /// <param name="witnesses">Silos of which a majority must confirm the index; none = it decides no more.</param>
    /// <param name="gateways">Gateways that follow it.</param>
    Task<bool> ConfirmAsync(string pool, long epoch, long number, IReadOnlyCollection<string> witnesses, IReadOnlyCollection<Guid> gateways);
}

/// <summary>What an index has confirmed.</summary>
/// <param name="Witnesses">Its witnesses; none when it has ended in order, or there was none.</param>
/// <param name="Gateways">The gateways that followed it.</param>
public sealed record FormerLease(ImmutableArray<string> Witnesses, ImmutableArray<Guid> Gateways);
