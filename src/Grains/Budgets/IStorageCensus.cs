using System.Collections.Immutable;

namespace Opsen.Grains.Budgets;

/// <summary>Counts what is stored under names that outsiders choose.</summary>
public interface IStorageCensus
{
    /// <summary>Counts. Costs in proportion to what there is.</summary>
    Task<StoredNumbers> CountAsync();
}

/// <summary>What is stored.</summary>
/// <param name="Sessions">Assignments of sessions in all pools, those that expired and are not swept yet among them.</param>
/// <param name="Hosts">Registered hosts.</param>
/// <param name="Pools">Every pool that was ever decided for.</param>
public sealed record StoredNumbers(long Sessions, long Hosts, ImmutableArray<string> Pools);
