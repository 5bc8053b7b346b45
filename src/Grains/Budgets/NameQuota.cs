namespace Opsen.Grains.Budgets;

/// <summary>How many different names there may be.</summary>
/// <param name="most">The most; 0 = no limit.</param>
/// <param name="always">Names that are always allowed and do not count.</param>
public sealed class NameQuota(int most, IReadOnlyCollection<string> always)
{
    private readonly Lock _lock = new();
    private HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>The most; 0 = no limit.</summary>
    public int Most => most;

    /// <summary>Whether a name is known, or may become it. Known then.</summary>
    public bool TryTake(string name)
    {
        lock (_lock)
        {
            return always.Contains(name) || _names.Contains(name) || ((most == 0 || _names.Count < most) && _names.Add(name));
        }
    }

    /// <summary>Storage has these.</summary>
    public void Count(IEnumerable<string> names)
    {
        var stored = names.Except(always).ToHashSet(StringComparer.Ordinal);
        lock (_lock)
        {
            _names = stored;
        }
    }
}
