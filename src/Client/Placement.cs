namespace Opsen.Client;

/// <summary>A host, and what is reserved on it. Disposing it gives the reservation back.</summary>
public sealed class Placement : IAsyncDisposable
{
    private readonly OpsenClient _client;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _renewing = Task.CompletedTask;
    private int _isEnded;

    internal Placement(OpsenClient client, RouteAnswer answer, TimeProvider time)
    {
        (_client, _time) = (client, time);
        (ClientId, Endpoint, Hostname, DistanceKm) = (answer.ClientId, answer.Endpoint, answer.Hostname, answer.DistanceKm);
        (ReservationId, GpuIds, Pool) = (answer.ReservationId, answer.GpuIds ?? [], answer.Pool);
    }

    /// <summary>The host's identity.</summary>
    public string ClientId { get; }

    /// <summary>Where it serves.</summary>
    public Uri Endpoint { get; }

    /// <summary>Its name.</summary>
    public string Hostname { get; }

    /// <summary>Distance from the user, km; 0 when unknown.</summary>
    public double DistanceKm { get; }

    /// <summary>The reservation; null for a session whose reservation is over, because its load is in the host's reports.</summary>
    public string? ReservationId { get; }

    /// <summary>Device ids of the cards that are reserved.</summary>
    public IReadOnlyList<int> GpuIds { get; }

    /// <summary>The pool, where the gateway has several.</summary>
    public string? Pool { get; }

    /// <summary>Completes when a renewal finds the reservation over; never without <see cref="RenewEvery"/>.</summary>
    public Task Over => _over.Task;

    /// <summary>Starts the reservation's time anew. False when it is over.</summary>
    /// <exception cref="OpsenException">The gateway refuses, or cannot do it now.</exception>
    public Task<bool> RenewAsync(CancellationToken cancellation = default) =>
        ReservationId is null ? Task.FromResult(false) : _client.RenewAsync(ReservationId, cancellation);

    /// <summary>Renews the reservation again and again until this is disposed. A gateway that is away for a moment is asked again at the next time.</summary>
    /// <param name="interval">Well below the gateway's <c>pending_allocation_timeout_seconds</c>.</param>
    public void RenewEvery(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        _renewing = RenewOnAsync(interval);
    }

    /// <summary>Gives the reservation back. Does not throw: where the gateway cannot be reached, the reservation ends by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isEnded, 1) != 0)
        {
            return;
        }

        await _ending.CancelAsync().ConfigureAwait(false);
        await _renewing.ConfigureAwait(false);
        _ending.Dispose();
        if (ReservationId is null)
        {
            return;
        }

        try
        {
            await _client.ReleaseAsync(ReservationId).ConfigureAwait(false);
        }
        catch (Exception error) when (IsOfTheGateway(error))
        {
            // It ends by itself.
        }
    }

    private static bool IsOfTheGateway(Exception error) => error is OpsenException or HttpRequestException or OperationCanceledException;

    private async Task RenewOnAsync(TimeSpan interval)
    {
        using var timer = new PeriodicTimer(interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token).ConfigureAwait(false))
            {
                try
                {
                    if (!await RenewAsync(_ending.Token).ConfigureAwait(false))
                    {
                        _over.TrySetResult();
                        return;
                    }
                }
                catch (Exception error) when (IsOfTheGateway(error) && !_ending.IsCancellationRequested)
                {
                    // The next tick tries again.
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }
}
