using Opsen.Grains.Hosting;
using Opsen.Grains.Interfaces.Sessions;
using Orleans.Concurrency;

namespace Opsen.Grains.Sessions;

/// <summary>Brings the store's pages to gateways, which may have no access to it. As many as ask at once, on any silo.</summary>
[StatelessWorker]
internal sealed class SessionDirectoryGrain(ISessionStore store, GrainSettings settings, TimeProvider time) : Grain, ISessionDirectoryGrain
{
    public Task<SessionPage> List(string? clientId, long after, int limit) =>
        Task.FromResult(store.List(this.GetPrimaryKeyString(), clientId, time.GetUtcNow() - settings.SessionTtl, after, limit));
}
