using System.Collections.Immutable;
using Opsen.Grains.Tiers;

namespace Opsen.Grains.Tests.Tiers;

/// <summary>A journal in memory, for one pool.</summary>
internal sealed class MemoryLedger : ILedgerStorage
{
    private long _epoch;

    /// <summary>What is written, and not over.</summary>
    public List<LedgerEntry> Entries { get; } = [];

    /// <summary>How often something was written.</summary>
    public int Appends { get; private set; }

    /// <summary>What every write fails with.</summary>
    public Exception? Failure { get; set; }

    public Task<long> BeginEpochAsync(string pool) => Task.FromResult(++_epoch);

    public Task<ImmutableArray<LedgerEntry>> ReadAsync(string pool, DateTimeOffset now) =>
        Task.FromResult(Entries.Where(entry => entry.EndsAt > now).ToImmutableArray());

    public Task<bool> AppendAsync(string pool, long epoch, LedgerEntry entry)
    {
        if (Failure is { } failure)
        {
            return Task.FromException<bool>(failure);
        }

        if (epoch != _epoch)
        {
            return Task.FromResult(false);
        }

        Appends++;
        Entries.Add(entry);
        return Task.FromResult(true);
    }

    public Task TrimAsync(DateTimeOffset now)
    {
        Entries.RemoveAll(entry => entry.EndsAt <= now);
        return Task.CompletedTask;
    }
}
