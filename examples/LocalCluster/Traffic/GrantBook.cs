using Opsen.Examples.LocalCluster.Fleet;

namespace Opsen.Examples.LocalCluster.Traffic;

/// <summary>What callers hold on each host, from when they were told of it until they give it back: never more than the host has, and no card twice. So every
/// interleaving of the callers has an order in which one index with that capacity could have decided.</summary>
internal sealed class GrantBook(IEnumerable<SimulatedHost> hosts)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, SimulatedHost> _hosts = hosts.ToDictionary(static host => host.Name, StringComparer.Ordinal);
    private readonly Dictionary<string, int> _cores = new(StringComparer.Ordinal);
    private readonly HashSet<(string Host, int Card)> _cards = [];
    private readonly List<string> _violations = [];

    /// <summary>What was granted beyond what there is.</summary>
    public IReadOnlyList<string> Violations
    {
        get
        {
            lock (_lock)
            {
                return [.. _violations];
            }
        }
    }

    /// <summary>The most cores of all hosts that were held at once.</summary>
    public int MostCores { get; private set; }

    /// <summary>A caller was told that it has a core, or cards.</summary>
    public void Granted(string host, IReadOnlyList<int> cards)
    {
        lock (_lock)
        {
            if (cards.Count == 0)
            {
                _cores[host] = _cores.GetValueOrDefault(host) + 1;
                MostCores = Math.Max(MostCores, _cores.Values.Sum());
                if (_cores[host] > _hosts[host].Cores)
                {
                    _violations.Add($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {host} has {_hosts[host].Cores} cores and {_cores[host]} are held");
                }
            }

            foreach (var card in cards)
            {
                if (!_cards.Add((host, card)) || card >= _hosts[host].Cards)
                {
                    _violations.Add($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} card {card} of {host} is held twice");
                }
            }
        }
    }

    /// <summary>A caller is about to give it back.</summary>
    public void Returned(string host, IReadOnlyList<int> cards)
    {
        lock (_lock)
        {
            if (cards.Count == 0)
            {
                _cores[host]--;
            }

            foreach (var card in cards)
            {
                _cards.Remove((host, card));
            }
        }
    }
}
