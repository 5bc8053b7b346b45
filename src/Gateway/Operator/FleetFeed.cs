using System.Collections.Immutable;
using Opsen.Gateway.Proxy;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Fleet;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Operator;

/// <summary>
/// The fleet for whoever looks at it: what changed since they looked last, so that a look costs what has changed and not what there is. Room and sessions are
/// asked for only while somebody looks.
/// </summary>
internal sealed class FleetFeed : IDisposable
{
    /// <summary>Hosts that went are remembered up to this number; who looked before then gets everything.</summary>
    private const int MaxRemoved = 10_000;

    private readonly GatewayFleet _fleet;
    private readonly FleetFigures _figures;
    private readonly HostTraffic _traffic;
    private readonly TimeProvider _time;
    private readonly string _run = Guid.NewGuid().ToString("N");
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _hosts = new(StringComparer.Ordinal);
    private readonly Queue<(string ClientId, long Version)> _removed = new();
    private long _version;
    private long _completeSince;

    /// <summary>Starts to follow the fleet.</summary>
    public FleetFeed(GatewayFleet fleet, FleetFigures figures, HostTraffic traffic, HostEvents events, TimeProvider time)
    {
        (_fleet, _figures, _traffic, Events, _time) = (fleet, figures, traffic, events, time);
        fleet.Follow(Follow);
        Follow(null);
    }

    /// <summary>How hosts have changed.</summary>
    public HostEvents Events { get; }

    /// <summary>What changed after a version, or everything.</summary>
    /// <param name="since">A <see cref="FleetDocument.Version"/>; 0 = everything.</param>
    /// <param name="run">The <see cref="FleetDocument.Run"/> that it is of.</param>
    /// <param name="cancellation">Ends it.</param>
    public async Task<FleetDocument> ReadAsync(long since, string run, CancellationToken cancellation)
    {
        var figures = await _figures.ReadAsync(cancellation);
        lock (_lock)
        {
            Apply(figures);
            var isFull = run != _run || since < _completeSince || since > _version || since == 0;
            return new FleetDocument
            {
                Version = _version,
                Run = _run,
                Full = isFull,
                Time = _time.GetUtcNow(),
                Gateway = Environment.MachineName,
                Program = OperatorApi.Version,
                Pools = [.. _fleet.Pools.Select(pool => new PoolDocument(pool.Pool, pool.IsPanic, figures.Knows(pool.Pool)))],
                Tiers = [.. _fleet.Tiers.Select((tier, number) => new TierDocument(
                    tier.Name, tier.Vcpu, tier.MemoryGb, tier.StorageGb, tier.Gpu, tier.GpuMemoryGb, figures.RoomOf(number)))],
                Hosts = [.. _hosts.Values.Where(host => isFull || host.Version > since).Select(static host => host.Document)],
                Removed = isFull ? [] : [.. _removed.Where(removed => removed.Version > since).Select(static removed => removed.ClientId)],
                Active = _hosts.Keys.Select(id => (Id: id, Active: _traffic.Active(id))).Where(static one => one.Active > 0).ToDictionary(
                    static one => one.Id, static one => one.Active),
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _fleet.Unfollow(Follow);

    private void Follow(FleetChanges? changes)
    {
        lock (_lock)
        {
            if (changes is null or { IsFull: true })
            {
                foreach (var clientId in _hosts.Keys.Where(clientId => _fleet.Find(clientId) is null).ToList())
                {
                    Remove(clientId);
                }

                foreach (var pool in _fleet.Pools)
                {
                    foreach (var entry in pool.Entries)
                    {
                        Set(entry.Host, pool.Pool);
                    }
                }

                return;
            }

            foreach (var clientId in changes.Removed.Where(clientId => _fleet.Find(clientId) is null))
            {
                Remove(clientId);
            }

            foreach (var host in changes.Changed)
            {
                Set(host, PoolOf(host.Snapshot.ClientId));
            }
        }
    }

    private string PoolOf(string clientId) => _fleet.Pools.FirstOrDefault(pool => pool.Find(clientId) is not null)?.Pool ?? "";

    private void Set(FleetHost host, string pool)
    {
        var known = _hosts.GetValueOrDefault(host.Snapshot.ClientId);
        if (known is not null && ReferenceEquals(known.Host, host))
        {
            return;
        }

        Events.Changed(known?.Host.Snapshot, host.Snapshot, _time.GetUtcNow());
        _hosts[host.Snapshot.ClientId] = new Entry(host, pool, known?.Room ?? default, known?.Sessions, ++_version);
    }

    private void Remove(string clientId)
    {
        if (_hosts.Remove(clientId, out var gone))
        {
            Events.Changed(gone.Host.Snapshot, null, _time.GetUtcNow());
            _removed.Enqueue((clientId, ++_version));
            if (_removed.Count > MaxRemoved)
            {
                _completeSince = _removed.Dequeue().Version;
            }
        }
    }

    private void Apply(FleetFigures.Figures figures)
    {
        foreach (var (clientId, host) in _hosts.ToList())
        {
            var room = figures.RoomOf(clientId);
            var sessions = figures.SessionsOf(host.Host.Snapshot);
            if (sessions != host.Sessions || !Same(room, host.Room))
            {
                _hosts[clientId] = new Entry(host.Host, host.Pool, room, sessions, ++_version);
            }
        }
    }

    private static bool Same(in HostRoom one, in HostRoom other) => one.Reservations == other.Reservations
        && Elements(one.Sessions).SequenceEqual(Elements(other.Sessions))
        && Elements(one.Refusals).SequenceEqual(Elements(other.Refusals));

    private static ReadOnlySpan<T> Elements<T>(ImmutableArray<T> array) => array.IsDefault ? [] : array.AsSpan();

    /// <summary>A host; formatted when it is first looked at.</summary>
    private sealed class Entry(FleetHost host, string pool, HostRoom room, int? sessions, long version)
    {
        public FleetHost Host => host;

        public string Pool => pool;

        public HostRoom Room => room;

        public int? Sessions => sessions;

        public long Version => version;

        public HostDocument Document => field ??= HostDocuments.Format(host.Snapshot, pool, room, sessions);
    }
}
