namespace Opsen.Grains.Budgets;

/// <summary>Bounds what outsiders can fill the database with by making names up. One instance a silo; <see cref="IStorageCensus"/> tells it what there is.</summary>
/// <param name="settings">The limits.</param>
public sealed class StorageBudget(GrainSettings settings)
{
    /// <summary>Assignments of sessions, one a session and tier (<c>max_sessions</c>).</summary>
    public Quota Sessions { get; } = new(settings.MaxSessions);

    /// <summary>Registered hosts (<c>max_hosts</c>).</summary>
    public Quota Hosts { get; } = new(settings.MaxHosts);

    /// <summary>Pools that there are or have been (<c>max_pools</c>).</summary>
    public NameQuota Pools { get; } = new(settings.MaxPools, settings.OwnPools);

    /// <summary>Asks storage anew.</summary>
    public async Task CountAsync(IStorageCensus census)
    {
        var (sessions, hosts) = (Sessions.Since, Hosts.Since);
        var stored = await census.CountAsync();
        Sessions.Count(stored.Sessions, sessions);
        Hosts.Count(stored.Hosts, hosts);
        Pools.Count(stored.Pools);
    }
}
