using System.Collections.Concurrent;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>
/// Follows a pool's index through a cluster's failures: tells each new one that this gateway is there, and hands in what its predecessor may not have stored:
/// reservations that it granted under its lease, and reservations that this gateway has given back lately.
/// </summary>
internal sealed partial class IndexFollower
{
    /// <summary>Ended reservations that are remembered. Further ones push out the oldest, which an index has most likely stored.</summary>
    private const int MaxEnded = 65_536;

    private readonly Guid _id = Guid.NewGuid();
    private readonly IGrainFactory _grains;
    private readonly string _pool;
    private readonly bool _isCluster;
    private readonly TimeProvider _time;
    private readonly ILogger<IndexFollower> _logger;
    private readonly TimeSpan _longestLife;
    private readonly ConcurrentDictionary<Guid, Held> _held = new();
    private readonly Queue<(Guid Id, long At)> _ended = new();
    private readonly Lock _lock = new();
    private long _joined;
    private bool _isJoining;
    private long _saidAt;

    /// <summary>A follower of a pool's index.</summary>
    public IndexFollower(IGrainFactory grains, FleetView fleet, ServerOptions options, TimeProvider time, ILogger<IndexFollower> logger)
    {
        (_grains, _pool, _isCluster, _time, _logger) = (grains, fleet.Pool, options.Cluster == ClusterMode.Postgres, time, logger);
        _longestLife = TimeSpan.FromSeconds(options.PendingAllocationTimeoutSeconds);
        if (_isCluster)
        {
            fleet.Applied += changes =>
            {
                Follow(changes.Epoch);
                SayThatWeAreHere();
            };
        }
    }

    /// <summary>Notes what an index has decided for this gateway.</summary>
    public void Note(PlacementRequest request, PlacementDecision decision)
    {
        Follow(decision.Epoch);
        SayThatWeAreHere();
        if (decision is { Outcome: RouteOutcome.Routed, IsUnstored: true })
        {
            var endsAt = _time.GetTimestamp() + (long)(decision.ReservedFor.TotalSeconds * _time.TimestampFrequency);
            _held[decision.ReservationId] = new Held(decision, request.Tier, request.StickyId, endsAt);
        }
    }

    /// <summary>A reservation is given back. The index stores that within a second, and it may die in that second.</summary>
    public void Ended(Guid reservationId)
    {
        if (!_isCluster)
        {
            return;
        }

        if (!_held.IsEmpty)
        {
            _held.TryRemove(reservationId, out _);
        }

        var now = _time.GetTimestamp();
        lock (_ended)
        {
            _ended.Enqueue((reservationId, now));
            while (_ended.Count > MaxEnded || _time.GetElapsedTime(_ended.Peek().At, now) > _longestLife)
            {
                _ended.Dequeue();
            }
        }
    }

    /// <summary>An index of this epoch has been heard of.</summary>
    private void Follow(long epoch)
    {
        if (!_isCluster || epoch <= Volatile.Read(ref _joined))
        {
            return;
        }

        lock (_lock)
        {
            if (_isJoining)
            {
                return;
            }

            _isJoining = true;
        }

        _ = JoinAsync();
    }

    /// <summary>The fleet's feed brings news all the time: a report of each host, at least.</summary>
    private void SayThatWeAreHere()
    {
        var said = Volatile.Read(ref _saidAt);
        if (_isCluster && _time.GetElapsedTime(said) >= GatewayPresence.Interval
            && Interlocked.CompareExchange(ref _saidAt, _time.GetTimestamp(), said) == said)
        {
            _grains.GetGrain<ITierIndexGrain>(_pool).Stay(_id).Ignore();
        }
    }

    private async Task JoinAsync()
    {
        try
        {
            var held = TakeLive();
            var joined = await _grains.GetGrain<ITierIndexGrain>(_pool).Join(_id, held, TakeEnded()).ConfigureAwait(false);

            // Of the one that took it, which may be an earlier one still.
            Volatile.Write(ref _joined, joined);
            if (held.Length > 0)
            {
                LogHandedIn(held.Length, _pool, joined);
            }
        }
#pragma warning disable CA1031 // The next response of that index brings the next try.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogNotJoined(_pool, error.Message);
        }
        finally
        {
            lock (_lock)
            {
                _isJoining = false;
            }
        }
    }

    private HeldReservation[] TakeLive()
    {
        var now = _time.GetTimestamp();
        foreach (var (id, held) in _held)
        {
            if (held.EndsAt <= now)
            {
                _held.TryRemove(id, out _);
            }
        }

        return
        [
            .. _held.Select(pair => new HeldReservation(
                pair.Key, pair.Value.Decision.ClientId, pair.Value.Tier, pair.Value.Decision.GpuIds, _time.GetElapsedTime(now, pair.Value.EndsAt),
                pair.Value.CallerKey)),
        ];
    }

    private Guid[] TakeEnded()
    {
        lock (_ended)
        {
            return [.. _ended.Select(static ended => ended.Id)];
        }
    }

    [LoggerMessage(3521, LogLevel.Information, "{Count} reservations that were not known to be stored were handed to the index of pool {Pool} of epoch {Epoch}")]
    private partial void LogHandedIn(int count, string pool, long epoch);

    [LoggerMessage(3522, LogLevel.Debug, "The index of pool {Pool} could not be joined yet: {Message}")]
    private partial void LogNotJoined(string pool, string message);

    private sealed record Held(PlacementDecision Decision, string Tier, string? CallerKey, long EndsAt);
}
