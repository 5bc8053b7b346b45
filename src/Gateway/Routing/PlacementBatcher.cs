using System.Diagnostics;
using Opsen.Grains.Fleet;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>
/// Sends placement requests and releases to the pool's index, one grain call at a time: what arrives during a call is batched into the next one. A lone
/// request is sent at once; under load one call carries many. A decision that arrives after its deadline is released again. Where the index is in another
/// process, a call that fails is made again until the deadline, with the same reservation ids, so that nothing is reserved twice.
/// </summary>
internal sealed partial class PlacementBatcher : IDisposable
{
    /// <summary>Limits one turn of the index; the rest goes with the next call.</summary>
    private const int MaxBatch = 256;

    /// <summary>Requests that may wait. Further ones are refused at once, because they would only miss their deadline.</summary>
    private const int MaxWaiting = 8192;

    /// <summary>Releases that may wait. Further ones are dropped, and those reservations expire.</summary>
    private const int MaxReleases = 65_536;

    /// <summary>Precision of the deadline. One timer serves all requests, and runs while there are some.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(50);

    private static readonly PlacementDecision Unavailable = new() { Outcome = RouteOutcome.Unavailable };

    private static readonly Task<PlacementDecision> TurnedAway = Task.FromResult(new PlacementDecision { Outcome = RouteOutcome.Overloaded });

    private readonly IGrainFactory _grains;
    private readonly string _pool;
    private readonly TimeProvider _time;
    private readonly FleetView _fleet;
    private readonly bool _isDurable;
    private readonly RoutingPatience _patience;
    private readonly IndexFollower? _follower;
    private readonly ILogger<PlacementBatcher> _logger;
    private readonly ITimer _sweep;
    private readonly Lock _lock = new();
    private List<PendingPlacement> _waiting = [];
    private List<PendingPlacement> _sent = [];
    private List<Guid> _releases = [];
    private bool _isSending;
    private bool _isSweepDue;
    private ITierIndexGrain? _index;

    /// <summary>A batcher for the pool of a fleet view.</summary>
    /// <param name="fleet">Knows the epoch of the latest index: no earlier one is followed.</param>
    /// <param name="isDurable">Whether what is granted is stored before the response.</param>
    /// <param name="patience">How long requests wait.</param>
    /// <param name="follower">Hears of every decision; null where there is one index for ever.</param>
    public PlacementBatcher(
        IGrainFactory grains,
        FleetView fleet,
        bool isDurable,
        RoutingPatience patience,
        TimeProvider time,
        ILogger<PlacementBatcher> logger,
        IndexFollower? follower = null)
    {
        (_grains, _pool, _fleet, _isDurable, _patience, _time, _logger, _follower) = (grains, fleet.Pool, fleet, isDurable, patience, time, logger, follower);
        _sweep = time.CreateTimer(static state => ((PlacementBatcher)state!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Asks for a placement. Fails as the grain call fails; a failure leaves open whether a reservation was made.</summary>
    /// <exception cref="TimeoutException">No decision within <see cref="RoutingPatience.Total"/>.</exception>
    public Task<PlacementDecision> PlaceAsync(PlacementRequest request)
    {
        var pending = new PendingPlacement(_patience.Retries ? request with { ReservationId = Guid.NewGuid() } : request, _time.GetTimestamp());
        lock (_lock)
        {
            if (_waiting.Count >= MaxWaiting)
            {
                return TurnedAway;
            }

            _waiting.Add(pending);
            SweepLater();
        }

        StartSending();
        return pending.Task;
    }

    /// <summary>Releases a reservation without waiting. If that fails, the reservation expires.</summary>
    public void Release(Guid reservationId)
    {
        _follower?.Ended(reservationId);
        lock (_lock)
        {
            if (_releases.Count >= MaxReleases)
            {
                return;
            }

            _releases.Add(reservationId);
        }

        StartSending();
    }

    /// <inheritdoc/>
    public void Dispose() => _sweep.Dispose();

    private async Task SendAllAsync()
    {
        // The loop serves many requests, and is no part of the one that started it.
        Activity.Current = null;
        while (TryTake(out var batch, out var released))
        {
            try
            {
                // Not earlier: a client cannot address grains until it has connected to a silo.
                _index ??= _grains.GetGrain<ITierIndexGrain>(_pool);
                Settle(batch, await CallAsync(released, batch).ConfigureAwait(false));
            }
#pragma warning disable CA1031 // Every caller of the batch gets the failure.
            catch (Exception error)
#pragma warning restore CA1031
            {
                if (_patience.Retries)
                {
                    PutBack(batch, released);
                    await Task.Delay(RoutingPatience.Pause, _time).ConfigureAwait(false);
                }
                else
                {
                    batch.ForEach(pending => pending.Fail(error));
                    if (released.Length > 0)
                    {
                        LogNotReleased(released.Length, error.Message);
                    }
                }
            }

            // Yield first: work that is ready now may add requests to the next call.
            await Task.Yield();
        }
    }

    private async Task<PlacementDecision[]> CallAsync(Guid[] released, List<PendingPlacement> batch)
    {
        PlacementRequest[] requests = [.. batch.Select(static pending => pending.Request)];
        using var span = IndexCallTrace.Start(batch);
        var (epoch, since, hasSucceeded) = (_fleet.Epoch, _time.GetTimestamp(), false);
        try
        {
            var call = _isDurable ? _index!.ReleaseAndPlaceDurably(epoch, released, requests) : _index!.ReleaseAndPlace(epoch, released, requests).AsTask();
            var decisions = await (_patience.Retries ? call.WaitAsync(_patience.Attempt, _time) : call).ConfigureAwait(false);
            hasSucceeded = true;
            return decisions;
        }
        finally
        {
            IndexCallMeter.Ended(_pool, released.Length + requests.Length, _time.GetElapsedTime(since), hasSucceeded);
        }
    }

    private void Settle(List<PendingPlacement> batch, PlacementDecision[] decisions)
    {
        List<PendingPlacement>? undecided = null;
        for (var i = 0; i < batch.Count; i++)
        {
            _follower?.Note(batch[i].Request, decisions[i]);

            // The index was superseded while it decided (ADR 0006), and knows nothing of what its successor grants.
            var isFollowed = decisions[i].Outcome == RouteOutcome.Routed && decisions[i].Epoch < _fleet.Epoch;
            if (_patience.Retries && (isFollowed || decisions[i].Outcome is RouteOutcome.Unavailable or RouteOutcome.NotStored))
            {
                (undecided ??= []).Add(batch[i]);
            }
            else if (!batch[i].Settle(isFollowed ? Unavailable : decisions[i]) && IsOurs(batch[i], decisions[i].ReservationId) && !isFollowed)
            {
                Release(decisions[i].ReservationId);
            }
        }

        if (undecided is not null)
        {
            _ = PutBackLaterAsync(undecided);
        }
    }

    /// <summary>Whether a reservation is released when nobody waits for it any more; who has a key for it may ask again.</summary>
    private static bool IsOurs(PendingPlacement pending, Guid reservationId) => reservationId != Guid.Empty && pending.Request.StickyId is null;

    private async Task PutBackLaterAsync(List<PendingPlacement> undecided)
    {
        await Task.Delay(RoutingPatience.Pause, _time).ConfigureAwait(false);
        PutBack(undecided, []);
        StartSending();
    }

    /// <summary>Puts back what was sent in vain, ahead of what came later.</summary>
    private void PutBack(List<PendingPlacement> batch, Guid[] released)
    {
        lock (_lock)
        {
            _sent = [];
            _waiting.InsertRange(0, batch.Where(static pending => !pending.IsSettled));
            SweepLater();
            _releases.AddRange(released.Take(MaxReleases - _releases.Count));
        }
    }

    private void StartSending()
    {
        lock (_lock)
        {
            if (_isSending)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync();
    }

    private bool TryTake(out List<PendingPlacement> batch, out Guid[] released)
    {
        lock (_lock)
        {
            batch = _waiting;
            released = _releases.Count == 0 ? [] : [.. _releases];
            _releases.Clear();
            if (batch.Count > MaxBatch)
            {
                _waiting = batch[MaxBatch..];
                batch = batch[..MaxBatch];
            }
            else
            {
                _waiting = [];
            }

            _sent = batch;
            return _isSending = batch.Count > 0 || released.Length > 0;
        }
    }

    /// <summary>Fails requests past their deadline. The list is in order of arrival, so the first one in time ends the search.</summary>
    private void Sweep()
    {
        lock (_lock)
        {
            _isSweepDue = false;
            if (FailLate(_sent))
            {
                FailLate(_waiting);
                _waiting.RemoveAll(static pending => pending.IsSettled);
            }

            if (_sent.Count > 0 || _waiting.Count > 0)
            {
                SweepLater();
            }
        }
    }

    /// <summary>To be called under the lock.</summary>
    private void SweepLater()
    {
        if (!_isSweepDue)
        {
            _isSweepDue = true;
            _sweep.Change(SweepInterval, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>True when all of them were late, so that later ones may be too.</summary>
    private bool FailLate(List<PendingPlacement> inOrder)
    {
        foreach (var pending in inOrder)
        {
            if (_time.GetElapsedTime(pending.Since) < _patience.Total)
            {
                return false;
            }

            if (pending.Fail(new TimeoutException()) && IsOurs(pending, pending.Request.ReservationId))
            {
                // It may have been granted without our hearing of it.
                _releases.Add(pending.Request.ReservationId);
            }
        }

        return true;
    }

    [LoggerMessage(3511, LogLevel.Debug, "{Count} reservations could not be released and end by themselves: {Message}")]
    private partial void LogNotReleased(int count, string message);
}
