namespace Opsen.Grains.Waiting;

/// <summary>Those who wait of one tenant at one priority: by tier, in the order in which they came.</summary>
internal sealed class Tenant(string name, int priority, double weight, int tierCount)
{
    private readonly LinkedList<Waiter>?[] _byTier = new LinkedList<Waiter>?[tierCount];

    /// <summary>Its name.</summary>
    public string Name { get; } = name;

    /// <summary>Higher ones are served first.</summary>
    public int Priority { get; } = priority;

    /// <summary>Its share beside others of the same priority.</summary>
    public double Weight { get; set; } = weight;

    /// <summary>What it has been served over its weight: who has the least is served next (stride scheduling, Waldspurger and Weihl 1995).</summary>
    public double Pass { get; set; }

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>Those who wait for a tier.</summary>
    public IEnumerable<Waiter> Of(int tier) => _byTier[tier] ?? [];

    /// <summary>Adds one, among the others of its tier by the time since when it waits.</summary>
    public void Add(Waiter waiter)
    {
        var waiters = _byTier[waiter.Query.Tier] ??= new();
        var before = waiters.Last;
        while (before is not null && before.Value.Since > waiter.Since)
        {
            before = before.Previous;
        }

        if (before is null)
        {
            waiters.AddFirst(waiter);
        }
        else
        {
            waiters.AddAfter(before, waiter);
        }

        Count++;
    }

    /// <summary>Takes one out.</summary>
    public void Remove(Waiter waiter)
    {
        if (_byTier[waiter.Query.Tier]?.Remove(waiter) == true)
        {
            Count--;
        }
    }

    /// <summary>Who has waited longest of the tiers that are not in a set of bits.</summary>
    public Waiter? Oldest(ulong without)
    {
        Waiter? oldest = null;
        for (var tier = 0; tier < _byTier.Length; tier++)
        {
            if ((without & (1UL << tier)) == 0 && _byTier[tier]?.First?.Value is { } first && (oldest is null || first.Since < oldest.Since))
            {
                oldest = first;
            }
        }

        return oldest;
    }
}
