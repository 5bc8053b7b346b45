using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Placement;

/// <summary>
/// Tells when so many of a pool's hosts are unhealthy at once that routing had better ignore health: more than a threshold of those that are active and in
/// service, where there are at least <see cref="MinHosts"/>. What it costs does not depend on the number of hosts.
/// </summary>
/// <param name="thresholdPct">The share, percent, that must be exceeded; 0 = never panic. 100 cannot be exceeded either.</param>
internal sealed class PanicGauge(int thresholdPct)
{
    /// <summary>In a smaller pool more than half of the hosts are all of them: there is no rest to protect, and an honest refusal serves better.</summary>
    public const int MinHosts = 3;

    private readonly HashSet<string> _counted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unhealthyCounted = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unhealthy = new(StringComparer.Ordinal);

    /// <summary>Whether the pool is in panic.</summary>
    public bool IsPanic { get; private set; }

    /// <summary>Hosts that count: active and in service.</summary>
    public int Counted => _counted.Count;

    /// <summary>Those of them that are unhealthy.</summary>
    public int Unhealthy => _unhealthyCounted.Count;

    /// <summary>All unhealthy hosts, whether they count or not.</summary>
    public IReadOnlyCollection<string> UnhealthyIds => _unhealthy;

    /// <summary>Counts a host's state. True when panic began or ended with it.</summary>
    public bool Upsert(HostSnapshot host)
    {
        var isUnhealthy = host.Health == HealthStatus.Unhealthy;
        var counts = host is { IsActive: true, Lifecycle: Lifecycle.InService };
        Set(_unhealthy, host.ClientId, isUnhealthy);
        Set(_counted, host.ClientId, counts);
        Set(_unhealthyCounted, host.ClientId, counts && isUnhealthy);
        return Settle();
    }

    /// <summary>Removes a host. True when panic began or ended with it.</summary>
    public bool Remove(string clientId)
    {
        _unhealthy.Remove(clientId);
        _counted.Remove(clientId);
        _unhealthyCounted.Remove(clientId);
        return Settle();
    }

    private bool Settle()
    {
        var isPanic = thresholdPct > 0 && Counted >= MinHosts && Unhealthy * 100L > Counted * (long)thresholdPct;
        var hasTurned = isPanic != IsPanic;
        IsPanic = isPanic;
        return hasTurned;
    }

    private static void Set(HashSet<string> set, string clientId, bool isIn)
    {
        if (isIn)
        {
            set.Add(clientId);
        }
        else
        {
            set.Remove(clientId);
        }
    }
}
