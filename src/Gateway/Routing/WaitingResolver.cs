using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>
/// Where a tier has a waiting room (<c>max_wait_seconds</c>) and no host has room, waits for some instead of refusing: in the first pool of the gateway, in
/// the order that its index keeps over all gateways. Room is held there until the placement is made in its place.
/// </summary>
internal sealed partial class WaitingResolver(
    RouteResolver resolver,
    IGrainFactory grains,
    GatewayFleet fleet,
    DecisionMetrics metrics,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<WaitingResolver> logger) : IRouteResolver
{
    /// <summary>How long one call to the index waits.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(10);

    /// <summary>How much longer its answer may take, before the silo is taken for lost.</summary>
    private static readonly TimeSpan Delay = TimeSpan.FromSeconds(3);

    /// <inheritdoc/>
    public ValueTask<RouteResult> ResolveAsync(RouteQuery query, CancellationToken cancellation)
    {
        // A request that is retried has had a host; it does not queue up for another one.
        return query.Wait is { } terms && query.Excluded.IsEmpty && fleet.FindTier(query.Tier) is { MaxWait.Ticks: > 0 } tier
            ? ResolveOrWaitAsync(query, terms with { Longest = Min(tier.MaxWait, terms.Longest), MayWait = true }, cancellation)
            : resolver.ResolveAsync(query, cancellation);
    }

    /// <inheritdoc/>
    public void Release(PooledReservation reservation) => resolver.Release(reservation);

    /// <inheritdoc/>
    public Task<bool> ReleaseAsync(Guid reservationId) => resolver.ReleaseAsync(reservationId);

    private async ValueTask<RouteResult> ResolveOrWaitAsync(RouteQuery query, WaitTerms terms, CancellationToken cancellation)
    {
        var since = time.GetTimestamp();
        var result = await resolver.ResolveAsync(query with { Wait = terms }, cancellation);
        while (result.Outcome == RouteOutcome.NoCapacity)
        {
            var (slot, place) = await WaitAsync(query, terms, since, cancellation);
            if (slot is not { } held)
            {
                result = result with { Queue = place };
                metrics.Waited(query.Tier, isServed: false, place.Waited);
                return metrics.Count(query with { Wait = null }, result, since);
            }

            try
            {
                // Without room after all, because the slot was lost with its silo, it waits again.
                result = await resolver.ResolveAsync(query with { Wait = terms with { Slot = held.Slot } }, cancellation);
            }
            finally
            {
                Leave(held.Ticket);
            }

            if (result.Outcome != RouteOutcome.NoCapacity)
            {
                metrics.Waited(query.Tier, isServed: true, place.Waited);
                result = result with { Queue = place };
            }
        }

        return result;
    }

    /// <summary>Waits until there is room, the time is over, or this gateway stops. Who does not wait at all hears where it would stand.</summary>
    private async Task<((Guid Ticket, Guid Slot)? Slot, QueuePlace Place)> WaitAsync(
        RouteQuery query, WaitTerms terms, long since, CancellationToken cancellation)
    {
        var ticket = new WaitTicket
        {
            Id = Guid.NewGuid(),
            Request = RouteResolver.ToRequest(query),
            Tenant = terms.Tenant.Name,
            Weight = terms.Tenant.Weight,
            Priority = terms.Tenant.Priority,
        };
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        var (isHeld, answer) = (false, new WaitAnswer(WaitOutcome.Unavailable));
        try
        {
            TimeSpan left;
            do
            {
                left = Max(TimeSpan.Zero, terms.Longest - time.GetElapsedTime(since));
                if (await AskAsync(ticket with { Waited = time.GetElapsedTime(since), Wait = Min(left, Poll) }, over.Token) is not { } told)
                {
                    await Task.Delay(Min(left, RoutingPatience.Pause), time, over.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    continue;
                }

                answer = told;
                if (answer.Outcome == WaitOutcome.Served)
                {
                    isHeld = true;
                    return ((ticket.Id, answer.Slot), new QueuePlace(time.GetElapsedTime(since), Position: 0, Estimated: null, IsFull: false));
                }
            }
            while (left > TimeSpan.Zero && !over.IsCancellationRequested && answer.Outcome is not (WaitOutcome.Full or WaitOutcome.UnknownTier));

            cancellation.ThrowIfCancellationRequested();
            return (null, new QueuePlace(time.GetElapsedTime(since), answer.Position, answer.Estimated, answer.Outcome == WaitOutcome.Full));
        }
        finally
        {
            if (!isHeld)
            {
                Leave(ticket.Id);
            }
        }
    }

    /// <summary>Null when the index cannot say; it is asked again then.</summary>
    private async Task<WaitAnswer?> AskAsync(WaitTicket ticket, CancellationToken cancellation)
    {
        try
        {
            var answer = await Index.Wait(ticket).WaitAsync(ticket.Wait + Delay, time, cancellation);
            return answer.Outcome == WaitOutcome.Unavailable ? null : answer;
        }
#pragma warning disable CA1031 // Whatever the cluster throws: the next index may be there already.
        catch (Exception error)
#pragma warning restore CA1031
        {
            LogAgain(ticket.Request.Tier, error.GetType().Name, error.Message);
            return null;
        }
    }

    /// <summary>Where that message is lost, the index notices it by itself.</summary>
    private void Leave(Guid ticket) => Index.Leave(ticket).Ignore();

    private ITierIndexGrain Index => grains.GetGrain<ITierIndexGrain>(fleet.Pools[0].Pool);

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(3504, LogLevel.Debug, "A request for tier {Tier} waits on: {Error}: {Message}")]
    private partial void LogAgain(string tier, string error, string message);
}

/// <summary>How a request has waited for room.</summary>
/// <param name="Waited">How long.</param>
/// <param name="Position">How many of its tier were to be served before it in the end, and itself; 0 when it was served.</param>
/// <param name="Estimated">How long it would still take, at the pace of late; null when that is not known.</param>
/// <param name="IsFull">Whether it was turned away, because too many wait.</param>
internal sealed record QueuePlace(TimeSpan Waited, int Position, TimeSpan? Estimated, bool IsFull);
