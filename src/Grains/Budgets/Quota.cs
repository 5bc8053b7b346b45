namespace Opsen.Grains.Budgets;

/// <summary>How many of something there may be, by what storage last counted and what has come and gone here since. For one silo it is off by no more than what
/// is being written while storage counts, for several by a minute's change.</summary>
/// <param name="most">The most; 0 = no limit.</param>
public sealed class Quota(long most)
{
    private readonly Lock _lock = new();
    private long _counted;
    private long _since;

    /// <summary>The most; 0 = no limit.</summary>
    public long Most => most;

    /// <summary>How many there are.</summary>
    public long Used
    {
        get
        {
            lock (_lock)
            {
                return Math.Max(0, _counted + _since);
            }
        }
    }

    /// <summary>What came and went since the last count; <see cref="Count"/> wants it as it was before a count began.</summary>
    public long Since
    {
        get
        {
            lock (_lock)
            {
                return _since;
            }
        }
    }

    /// <summary>One more, if it may be.</summary>
    public bool TryTake()
    {
        lock (_lock)
        {
            if (most > 0 && _counted + _since >= most)
            {
                return false;
            }

            _since++;
            return true;
        }
    }

    /// <summary>One less.</summary>
    public void GiveBack()
    {
        lock (_lock)
        {
            _since--;
        }
    }

    /// <summary>Storage has counted. What came while it did may be in both numbers, and what was taken before and written after it in none, until the next
    /// count.</summary>
    /// <param name="counted">How many there were.</param>
    /// <param name="sinceBefore"><see cref="Since"/> before it began.</param>
    public void Count(long counted, long sinceBefore)
    {
        lock (_lock)
        {
            (_counted, _since) = (counted, _since - sinceBefore);
        }
    }
}
