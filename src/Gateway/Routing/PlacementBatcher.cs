using Opsen.Grains.Interfaces.Tiers;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Routing;

/// <summary>
/// Sends placement requests and the end of requests' reservations to the pool's index, one grain call at a time: what comes while a call is under way travels
/// together in the next one. A lone request waits for nobody, and under load one call carries many.
/// </summary>
public sealed partial class PlacementBatcher : IDisposable
{
    /// <summary>Longest wait of a request for its decision.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(500);

    /// <summary>Bounds one turn of the index; what is over goes with the next call.</summary>
    private const int MaxBatch = 256;

    /// <summary>Requests that may wait; one more is turned away, because it would only wait past its deadline.</summary>
    private const int MaxWaiting = 8192;

    /// <summary>Reservations whose end may wait; one more ends by itself when its time is over.</summary>
    private const int MaxReleases = 65_536;

    /// <summary>How exactly the deadline is kept. One timer serves all requests.</summary>
    private static readonly TimeSpan SweepInterval = TimeSpan.FromMilliseconds(50);

    private static readonly Task<PlacementDecision> TurnedAway = Task.FromResult(new PlacementDecision { Outcome = RouteOutcome.Overloaded });

    private readonly IGrainFactory _grains;
    private readonly string _pool;
    private readonly TimeProvider _time;
    private readonly ILogger<PlacementBatcher> _logger;
    private readonly ITimer _sweep;
    private readonly Lock _lock = new();
    private List<Pending> _waiting = [];
    private List<Pending> _sent = [];
    private List<Guid> _releases = [];
    private bool _isSending;
    private ITierIndexGrain? _index;

    /// <summary>A batcher for the configured pool.</summary>
    public PlacementBatcher(IGrainFactory grains, ServerOptions options, TimeProvider time, ILogger<PlacementBatcher> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        (_grains, _pool, _time, _logger) = (grains, options.Pool, time, logger);
        _sweep = time.CreateTimer(static state => ((PlacementBatcher)state!).Sweep(), this, SweepInterval, SweepInterval);
    }

    /// <summary>Asks for a placement. Fails as the grain call fails; a failure leaves open whether a reservation was made.</summary>
    /// <exception cref="TimeoutException">No decision within <see cref="Deadline"/>.</exception>
    public Task<PlacementDecision> PlaceAsync(PlacementRequest request)
    {
        var pending = new Pending(request, _time.GetTimestamp());
        lock (_lock)
        {
            if (_waiting.Count >= MaxWaiting)
            {
                return TurnedAway;
            }

            _waiting.Add(pending);
            if (_isSending)
            {
                return pending.Task;
            }

            _isSending = true;
        }

        _ = SendAllAsync();
        return pending.Task;
    }

    /// <summary>Ends a reservation without waiting. Should that fail, it ends when its time is over.</summary>
    public void Release(Guid reservationId)
    {
        lock (_lock)
        {
            if (_releases.Count >= MaxReleases)
            {
                return;
            }

            _releases.Add(reservationId);
            if (_isSending)
            {
                return;
            }

            _isSending = true;
        }

        _ = SendAllAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => _sweep.Dispose();

    private async Task SendAllAsync()
    {
        while (TryTake(out var batch, out var released))
        {
            try
            {
                // Not before: until a client has met a silo, it knows no grain.
                _index ??= _grains.GetGrain<ITierIndexGrain>(_pool);
                PlacementRequest[] requests = [.. batch.Select(pending => pending.Request)];
                var decisions = await _index.ReleaseAndPlace(released, requests).ConfigureAwait(false);
                for (var i = 0; i < batch.Count; i++)
                {
                    batch[i].Settle(decisions[i]);
                }
            }
#pragma warning disable CA1031 // Every caller of the batch gets the failure.
            catch (Exception error)
#pragma warning restore CA1031
            {
                batch.ForEach(pending => pending.Fail(error));
                if (released.Length > 0)
                {
                    LogNotReleased(released.Length, error.Message);
                }
            }

            // Behind the work that is ready now: what of it needs a decision travels in the next call.
            await Task.Yield();
        }
    }

    private bool TryTake(out List<Pending> batch, out Guid[] released)
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

    /// <summary>Fails what has waited too long. Both lists are in the order of arrival, so the first that is in time ends the search.</summary>
    private void Sweep()
    {
        lock (_lock)
        {
            if (!FailLate(_sent))
            {
                return;
            }

            FailLate(_waiting);
            _waiting.RemoveAll(pending => pending.IsGivenUp);
        }
    }

    /// <summary>True when all of them were late, so that later ones may be too.</summary>
    private bool FailLate(List<Pending> inOrder)
    {
        foreach (var pending in inOrder)
        {
            if (_time.GetElapsedTime(pending.Since) < Deadline)
            {
                return false;
            }

            pending.Fail(new TimeoutException());
        }

        return true;
    }

    [LoggerMessage(611, LogLevel.Debug, "{Count} reservations could not be released and end by themselves: {Message}")]
    private partial void LogNotReleased(int count, string message);

    /// <summary>A request that waits. Whoever settles it queues what comes next behind all that is ready, so that nobody who came later overtakes it, and never
    /// runs it himself.</summary>
    private sealed class Pending(PlacementRequest request, long since) : TaskCompletionSource<PlacementDecision>, IThreadPoolWorkItem
    {
        private PlacementDecision? _decision;
        private Exception? _error;

        public PlacementRequest Request { get; } = request;

        public long Since { get; } = since;

        public bool IsGivenUp => _error is not null;

        public void Settle(PlacementDecision decision)
        {
            _decision = decision;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void Fail(Exception error)
        {
            _error = error;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        void IThreadPoolWorkItem.Execute()
        {
            if (_decision is { } decision)
            {
                TrySetResult(decision);
            }
            else
            {
                TrySetException(_error!);
            }
        }
    }
}
