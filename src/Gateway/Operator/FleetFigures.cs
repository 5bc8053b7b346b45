using Opsen.Gateway.Api;
using Opsen.Gateway.Routing;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Operator;

/// <summary>What the cluster has to be asked for: room and numbers of sessions. Asked at most once a second (sessions, which are counted in the database: once
/// in ten), however many look; what cannot be had in time stays as it was.</summary>
internal sealed partial class FleetFigures(
    IGrainFactory grains, GatewayFleet fleet, SessionCounts sessions, TimeProvider time, ILogger<FleetFigures> logger) : IDisposable
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxAgeOfSessions = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turn = new(1);
    private Figures _latest = new([], null);
    private long _readAt;
    private long _countedAt;

    /// <summary>The figures, a second old at most where the cluster answers.</summary>
    public async Task<Figures> ReadAsync(CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            if (_readAt == 0 || time.GetElapsedTime(_readAt) >= MaxAge)
            {
                _readAt = time.GetTimestamp();
                var rooms = await Task.WhenAll(fleet.Pools.Select(pool => AskAsync(pool.Pool)));
                _latest = new([.. rooms.OfType<PoolRoom>()], _latest.Sessions);
            }

            if (_countedAt == 0 || time.GetElapsedTime(_countedAt) >= MaxAgeOfSessions)
            {
                _countedAt = time.GetTimestamp();
                _latest = new(_latest.Rooms, await sessions.CountAsync(cancellation));
            }

            return _latest;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private async Task<PoolRoom?> AskAsync(string pool)
    {
        try
        {
            return await grains.GetGrain<ITierIndexGrain>(pool).GetRoom().AsTask().WaitAsync(Deadline, time);
        }
#pragma warning disable CA1031 // Whatever the cluster says, everything else can be shown.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogFailed(pool, error.Message);
            return null;
        }
    }

    [LoggerMessage(3811, LogLevel.Debug, "The room of pool {Pool} could not be read: {Message}")]
    private partial void LogFailed(string pool, string message);

    /// <summary>The figures of a moment.</summary>
    /// <param name="rooms">What fits, of each pool whose index has answered.</param>
    /// <param name="sessions">How many sessions hosts have; null when that could not be had.</param>
    internal sealed class Figures(IReadOnlyList<PoolRoom> rooms, SessionCounts.Answer? sessions)
    {
        private readonly Dictionary<string, HostRoom> _byHost = rooms.SelectMany(static pool => pool.Hosts)
            .GroupBy(static host => host.ClientId, StringComparer.Ordinal)
            .ToDictionary(static hosts => hosts.Key, static hosts => hosts.First(), StringComparer.Ordinal);

        /// <summary>What fits, of each pool whose index has answered.</summary>
        public IReadOnlyList<PoolRoom> Rooms => rooms;

        /// <summary>How many sessions hosts have; null when that could not be had.</summary>
        public SessionCounts.Answer? Sessions => sessions;

        /// <summary>Whether the index of a pool has answered.</summary>
        public bool Knows(string pool) => rooms.Any(room => room.Pool == pool);

        /// <summary>How many more sessions of a tier fit in all pools.</summary>
        public long RoomOf(int tier) => rooms.Where(room => tier < room.Tiers.Length).Sum(room => room.Sessions(tier));

        /// <summary>What fits on a host.</summary>
        public HostRoom RoomOf(string clientId) => _byHost.GetValueOrDefault(clientId);

        /// <summary>How many sessions a host has.</summary>
        public int? SessionsOf(HostSnapshot host) => sessions?.Of(host);
    }
}
