using Opsen.Grains.Placement;

namespace Opsen.Grains.Waiting;

/// <summary>One request that waits for room.</summary>
/// <param name="id">Its ticket.</param>
/// <param name="query">What it wants.</param>
/// <param name="tenant">Whose it is.</param>
/// <param name="since">Since when it waits, ms.</param>
internal sealed class Waiter(Guid id, PlacementQuery query, Tenant tenant, long since)
{
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its ticket.</summary>
    public Guid Id { get; } = id;

    /// <summary>What it wants.</summary>
    public PlacementQuery Query { get; } = query;

    /// <summary>Whose it is.</summary>
    public Tenant Tenant { get; } = tenant;

    /// <summary>Since when it waits, ms.</summary>
    public long Since { get; } = since;

    /// <summary>When somebody last asked for it, ms; <see cref="long.MaxValue"/> while somebody waits for it.</summary>
    public long AskedAt { get; set; } = long.MaxValue;

    /// <summary>The reservation that holds its room; empty until it is served.</summary>
    public Guid Slot { get; private set; }

    /// <summary>Done when it is served.</summary>
    public Task Served => _served.Task;

    /// <summary>It has room now.</summary>
    public void Serve(Guid slot)
    {
        Slot = slot;
        _served.TrySetResult();
    }
}
