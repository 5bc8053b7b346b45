using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>
/// The ways to the pool's index, apart so that no request waits for what only another one needs: to be stored, or to be explained.
/// </summary>
/// <remarks>What a proxied request without a session reserves need not outlive the gateway, whose connection it came by. With the silo inside the gateway it cannot outlive the
/// index either, so it is not stored before the answer. A silo of its own may die alone; then what it granted must be known to the one that follows.</remarks>
internal sealed class PlacementLanes : IDisposable
{
    private readonly PlacementBatcher _fast;
    private readonly PlacementBatcher _durable;
    private readonly PlacementBatcher _explained;
    private readonly bool _isAlwaysDurable;

    /// <summary>The ways to the configured pool's index.</summary>
    public PlacementLanes(IGrainFactory grains, FleetViews fleets, ServerOptions options, TimeProvider time, ILogger<PlacementBatcher> logger)
    {
        var fleet = fleets.For(options.Pool);
        _isAlwaysDurable = options.Cluster != ClusterMode.Embedded;
        _fast = new(grains, fleet, isDurable: false, time, logger);
        _durable = new(grains, fleet, isDurable: true, time, logger);
        _explained = new(grains, fleet, isDurable: true, time, logger);
    }

    /// <summary>Asks for a placement; see <see cref="PlacementBatcher.PlaceAsync"/>.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="isLasting">Whether what is reserved must outlive every process.</param>
    public Task<PlacementDecision> PlaceAsync(PlacementRequest request, bool isLasting)
    {
        var lane = request.Explain ? _explained : isLasting || _isAlwaysDurable ? _durable : _fast;
        return lane.PlaceAsync(request);
    }

    /// <summary>Ends a reservation; see <see cref="PlacementBatcher.Release"/>.</summary>
    public void Release(Guid reservationId) => (_isAlwaysDurable ? _durable : _fast).Release(reservationId);

    /// <inheritdoc/>
    public void Dispose()
    {
        _fast.Dispose();
        _durable.Dispose();
        _explained.Dispose();
    }
}
