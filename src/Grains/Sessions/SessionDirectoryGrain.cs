using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Sessions;
using Orleans.Concurrency;

namespace Opsen.Grains.Sessions;

/// <summary>Brings the store's pages to gateways, which may have no access to it. As many as ask at once, on any silo.</summary>
[StatelessWorker]
internal sealed class SessionDirectoryGrain(ISessionStore store, GrainSettings settings, TimeProvider time) : Grain, ISessionDirectoryGrain
{
    private static readonly TimeSpan MinLife = TimeSpan.FromSeconds(1);

    /// <summary>Counting takes at most one part in this many of the time, however many sessions there are and however often is asked.</summary>
    private const int RestFactor = 20;

    private ImmutableArray<SessionCount> _counts;
    private long _countedAt;
    private TimeSpan _life;

    private DateTimeOffset Oldest => SessionLifetime.OldestUse(time.GetUtcNow(), settings.SessionTtl);

    public Task<SessionPage> List(string? clientId, long after, int limit) =>
        store.ListAsync(this.GetPrimaryKeyString(), clientId, Oldest, after, limit);

    public async Task<ImmutableArray<SessionCount>> Count()
    {
        if (_counts.IsDefault || time.GetElapsedTime(_countedAt) >= _life)
        {
            var (pool, oldest, started) = (this.GetPrimaryKeyString(), Oldest, time.GetTimestamp());
            _counts = await store.CountByHostAsync(pool, oldest);
            _countedAt = time.GetTimestamp();
            var rest = time.GetElapsedTime(started, _countedAt) * RestFactor;
            _life = rest > MinLife ? rest : MinLife;
        }

        return _counts;
    }
}
