using System.Collections.Immutable;

namespace Opsen.Grains.Tiers;

/// <summary>
/// Where it is kept who decides for a pool, and what was reserved. Every index that starts raises the pool's epoch; from then on nothing is written for an
/// index of a lower one. A failure of the storage is whatever exception its driver throws; nothing was changed then.
/// </summary>
public interface ILedgerStorage
{
    /// <summary>Raises the pool's epoch by one and returns it; durable when it completes. No two calls, from whatever process, ever get the same.</summary>
    Task<long> BeginEpochAsync(string pool);

    /// <summary>The pool's entries that may still matter, in no order.</summary>
    Task<ImmutableArray<LedgerEntry>> ReadAsync(string pool, DateTimeOffset now);

    /// <summary>Adds an entry; durable when it completes. False, and nothing is added, when the pool has another epoch.</summary>
    Task<bool> AppendAsync(string pool, long epoch, LedgerEntry entry);

    /// <summary>Deletes entries of any pool that cannot matter any more.</summary>
    Task TrimAsync(DateTimeOffset now);
}
