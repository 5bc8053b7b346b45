using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>Asks the indexes of all of the gateway's pools, where the caller does not know which one it is that knows.</summary>
internal sealed class GatewayIndexes(IGrainFactory grains, GatewayFleet fleet)
{
    /// <summary>Asks all of them, at once. Fails when one of them does; the others have done it then all the same.</summary>
    public Task<T[]> AllAsync<T>(Func<ITierIndexGrain, Task<T>> ask) => Task.WhenAll(fleet.Pools.Select(pool => ask(Index(pool.Pool))));

    /// <summary>Asks all of them but one, at once.</summary>
    public Task AllAsync(Func<ITierIndexGrain, Task> ask, string except) =>
        Task.WhenAll(fleet.Pools.Where(pool => pool.Pool != except).Select(pool => ask(Index(pool.Pool))));

    /// <summary>Asks all of them at once, until one knows; any answer when none does. One that fails is the outcome when no other one knows: then it may be
    /// the one.</summary>
    public async Task<T> FirstAsync<T>(Func<ITierIndexGrain, Task<T>> ask, Predicate<T> isKnown)
    {
        T answer = default!;
        Task<T>? failed = null;
        await foreach (var call in Task.WhenEach(fleet.Pools.Select(pool => ask(Index(pool.Pool)))))
        {
            if (!call.IsCompletedSuccessfully)
            {
                failed = call;
            }
            else if (isKnown(answer = await call))
            {
                return answer;
            }
        }

        return failed is null ? answer : await failed;
    }

    private ITierIndexGrain Index(string pool) => grains.GetGrain<ITierIndexGrain>(pool);
}
