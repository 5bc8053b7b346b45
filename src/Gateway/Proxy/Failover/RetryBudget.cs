using System.Collections.Concurrent;

namespace Opsen.Gateway.Proxy.Failover;

/// <summary>
/// Bounds the retries that run at once: a fifth of the running requests, and three in any case, so that retries do not multiply the load of a fleet in
/// trouble. A retry over the bound waits for its turn: when a host dies, all its requests need one at the same moment, and most are over in milliseconds.
/// </summary>
/// <remarks>Without locks. A request that goes well costs two interlocked additions.</remarks>
internal sealed class RetryBudget(TimeProvider time)
{
    /// <summary>One retry is allowed for this many running requests.</summary>
    public const int RequestsPerRetry = 5;

    /// <summary>Retries that are allowed however few requests run.</summary>
    public const int MinRetries = 3;

    /// <summary>How long a retry waits for its turn: some rounds of backends that take a second to answer, and no longer than a user would have waited
    /// anyway.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentQueue<TaskCompletionSource> _waiting = new();
    private long _running;
    private long _retries;

    /// <summary>Requests that run.</summary>
    public long Running => Interlocked.Read(ref _running);

    /// <summary>Retries that run; the ones that wait are not counted.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>A request begins.</summary>
    public void RequestBegins() => Interlocked.Increment(ref _running);

    /// <summary>A request has ended.</summary>
    public void RequestEnds() => Interlocked.Decrement(ref _running);

    /// <summary>Takes a place for a retry; false when none became free in <see cref="Patience"/>. <see cref="End"/> gives it back.</summary>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async ValueTask<bool> TryBeginAsync(CancellationToken cancellation)
    {
        if (_waiting.IsEmpty && TryTake())
        {
            return true;
        }

        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(turn);
        HandOut();
        try
        {
            await turn.Task.WaitAsync(Patience, time, cancellation);
            return true;
        }
        catch (TimeoutException)
        {
            // The queue drops the entry later, unless its turn came at this moment.
            return !turn.TrySetCanceled(CancellationToken.None);
        }
        catch (OperationCanceledException)
        {
            if (!turn.TrySetCanceled(CancellationToken.None))
            {
                End();
            }

            throw;
        }
    }

    /// <summary>A retry has succeeded or failed.</summary>
    public void End()
    {
        Interlocked.Decrement(ref _retries);
        HandOut();
    }

    private bool TryTake()
    {
        while (true)
        {
            var retries = Interlocked.Read(ref _retries);
            if (retries >= Math.Max(MinRetries, Running / RequestsPerRetry))
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref _retries, retries + 1, retries) == retries)
            {
                return true;
            }
        }
    }

    /// <summary>Hands free places to waiters. Joining the queue calls it too, so no place freed meanwhile is missed.</summary>
    private void HandOut()
    {
        while (!_waiting.IsEmpty && TryTake())
        {
            var isTaken = false;
            while (!isTaken && _waiting.TryDequeue(out var next))
            {
                isTaken = next.TrySetResult();
            }

            if (!isTaken)
            {
                Interlocked.Decrement(ref _retries);
            }
        }
    }
}
