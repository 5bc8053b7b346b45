namespace Opsen.Grains.Tiers;

/// <summary>
/// Finds hosts whose grains may be gone. A silo that dies takes their probes and timers with it, and a host whose agent died too would stay active for ever:
/// whoever is not heard of is woken, on another silo. Lives inside the index's grain and is as single-threaded as that.
/// </summary>
internal sealed class HostWatch(IClusterMembershipService membership, TimeProvider time)
{
    /// <summary>Agents report every minute at the latest, and a report brings the host's state to the index.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(75);

    private readonly Dictionary<string, long> _heardAt = new(StringComparer.Ordinal);
    private readonly HashSet<SiloAddress> _dead = [.. Dead(membership.CurrentSnapshot)];

    /// <summary>A host's grain is alive.</summary>
    public void Heard(string clientId) => _heardAt[clientId] = time.GetTimestamp();

    /// <summary>A host is gone.</summary>
    public void Forget(string clientId) => _heardAt.Remove(clientId);

    /// <summary>Hosts to wake: all of them when a silo has died since the last call, else those that were not heard of for a while.</summary>
    public IReadOnlyList<string> Suspects()
    {
        // All of them, because which silo each is on is known to nobody but the directory.
        var hasDied = Dead(membership.CurrentSnapshot).Aggregate(false, (any, silo) => _dead.Add(silo) || any);
        return [.. _heardAt.Where(host => hasDied || time.GetElapsedTime(host.Value) >= Patience).Select(static host => host.Key)];
    }

    private static IEnumerable<SiloAddress> Dead(ClusterMembershipSnapshot snapshot) =>
        snapshot.Members.Values.Where(static member => member.Status == SiloStatus.Dead).Select(static member => member.SiloAddress);
}
