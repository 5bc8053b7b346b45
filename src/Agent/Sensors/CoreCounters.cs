namespace Opsen.Agent.Sensors;

/// <summary>One reading of every core that is online. A sensor fills the same instance again and again, so a reading allocates nothing.</summary>
internal sealed class CoreCounters
{
    private CoreCounter[] _cores = new CoreCounter[16];

    /// <summary>Number of cores in the reading.</summary>
    public int Count { get; private set; }

    /// <summary>The cores, in the kernel's order.</summary>
    public ReadOnlySpan<CoreCounter> Cores => _cores.AsSpan(0, Count);

    /// <summary>Empties the reading.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds a core.</summary>
    public void Add(CoreCounter core)
    {
        if (Count == _cores.Length)
        {
            Array.Resize(ref _cores, 2 * Count);
        }

        _cores[Count++] = core;
    }
}
