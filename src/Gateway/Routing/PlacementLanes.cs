using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>Batchers for the pool's index, kept apart so that no request waits for a write or an explanation that only another one needs.</summary>
/// <remarks>The reservation of a proxied request without a session need not outlive the gateway, which holds the request's connection. With an embedded silo
/// the index dies with the gateway, so that reservation is not journaled. A separate silo may die alone, and its successor must know what it granted (ADR
/// 0007).</remarks>
internal sealed partial class PlacementLanes : IDisposable
{
    private readonly IGrainFactory _grains;
    private readonly IndexFollower _follower;
    private readonly RoutingPatience _patience;
    private readonly TimeProvider _time;
    private readonly PlacementBatcher _fast;
    private readonly PlacementBatcher _durable;
    private readonly PlacementBatcher _explained;
    private readonly bool _isAlwaysDurable;
    private readonly ILogger<PlacementBatcher> _logger;

    /// <summary>The ways to a pool's index.</summary>
    public PlacementLanes(
        IGrainFactory grains, FleetView fleet, IndexFollower follower, ServerOptions options, TimeProvider time, ILogger<PlacementBatcher> logger)
    {
        _isAlwaysDurable = options.Cluster != ClusterMode.Embedded;
        var patience = RoutingPatience.For(options);
        (_grains, _follower, _patience, _time, Name, _logger) = (grains, follower, patience, time, fleet.Pool, logger);
        _fast = new(grains, fleet, isDurable: false, patience, time, logger, follower);
        _durable = new(grains, fleet, isDurable: true, patience, time, logger, follower);
        _explained = new(grains, fleet, isDurable: true, patience, time, logger, follower);
    }

    /// <summary>The pool's name.</summary>
    public string Name { get; }

    /// <summary>Asks for a placement; see <see cref="PlacementBatcher.PlaceAsync"/>.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="isLasting">Whether the reservation must survive a crash of any process.</param>
    public Task<PlacementDecision> PlaceAsync(PlacementRequest request, bool isLasting)
    {
        var lane = request.Explain ? _explained : isLasting || _isAlwaysDurable ? _durable : _fast;
        return lane.PlaceAsync(request);
    }

    /// <summary>Releases a reservation; see <see cref="PlacementBatcher.Release"/>.</summary>
    public void Release(Guid reservationId) => (_isAlwaysDurable ? _durable : _fast).Release(reservationId);

    /// <summary>See <see cref="IRouteResolver.ReleaseAsync"/>.</summary>
    public async Task<bool> ReleaseAsync(Guid reservationId)
    {
        var call = _grains.GetGrain<ITierIndexGrain>(Name).Release(reservationId).AsTask();
        if (!_patience.Retries)
        {
            return await call;
        }

        try
        {
            var existed = await call.WaitAsync(_patience.Attempt, _time);
            _follower.Ended(reservationId);
            return existed;
        }
#pragma warning disable CA1031 // Whatever keeps the index from answering, the batcher tries again.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _durable.Release(reservationId);
            LogReleasedLater(error.Message);
            return true;
        }
    }

    [LoggerMessage(3523, LogLevel.Debug, "A reservation is released when the index can be asked: {Message}")]
    private partial void LogReleasedLater(string message);

    /// <inheritdoc/>
    public void Dispose()
    {
        _fast.Dispose();
        _durable.Dispose();
        _explained.Dispose();
    }
}
