using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Security;

/// <summary>
/// A token bucket for each caller in a table of fixed size, by the generic cell rate algorithm (ITU-T I.371): of each bucket only the time is kept at which it
/// is full again. A full bucket needs no entry. Where more callers than entries are active at once, those whose buckets are fullest are forgotten first, so a
/// flood from many addresses costs no memory and frees no caller that is over its limit.
/// </summary>
internal sealed class TokenBuckets
{
    private const int SetCount = 16_384;
    private const int Ways = 4;
    private const int LockCount = 64;

    private readonly TimeProvider _time;
    private readonly long _interval;
    private readonly int _burst;
    private readonly Entry[] _entries = new Entry[SetCount * Ways];
    private readonly Lock[] _locks = [.. Enumerable.Range(0, LockCount).Select(static _ => new Lock())];

    /// <summary>Buckets of one size.</summary>
    /// <param name="perMinute">Tokens that a bucket gets back a minute.</param>
    /// <param name="burst">Tokens of a full bucket.</param>
    public TokenBuckets(int perMinute, int burst, TimeProvider time)
    {
        (PerMinute, _burst, _time) = (perMinute, burst, time);
        _interval = Math.Max(1, (long)(time.TimestampFrequency * TimeSpan.SecondsPerMinute / (double)perMinute));
    }

    /// <summary>Tokens that a bucket gets back a minute.</summary>
    public int PerMinute { get; }

    /// <summary>Takes a token of a caller's bucket, if there is one.</summary>
    public TokenResult Take(CallerBlock caller)
    {
        var set = (int)((uint)HashCode.Combine(caller.Family, caller.Bits) % SetCount);
        lock (_locks[set % LockCount])
        {
            var now = _time.GetTimestamp();
            ref var entry = ref Find(_entries.AsSpan(set * Ways, Ways), caller, now);
            var fullAt = Math.Max(entry.FullAt, now);
            var earliest = fullAt - ((_burst - 1) * _interval);
            if (now < earliest)
            {
                return new TokenResult(false, 0, _time.GetElapsedTime(now, fullAt), _time.GetElapsedTime(now, earliest));
            }

            entry.FullAt = fullAt + _interval;
            return new TokenResult(true, (int)((now - earliest) / _interval), _time.GetElapsedTime(now, entry.FullAt), TimeSpan.Zero);
        }
    }

    /// <summary>The caller's entry, or the one whose bucket is fullest, taken over by the caller.</summary>
    private static ref Entry Find(Span<Entry> set, CallerBlock caller, long now)
    {
        var fullest = 0;
        for (var i = 0; i < set.Length; i++)
        {
            if (set[i].Caller == caller && set[i].FullAt > now)
            {
                return ref set[i];
            }

            if (set[i].FullAt < set[fullest].FullAt)
            {
                fullest = i;
            }
        }

        set[fullest] = new Entry { Caller = caller, FullAt = now };
        return ref set[fullest];
    }

    private struct Entry
    {
        public CallerBlock Caller;

        /// <summary>Timestamp at which the bucket is full.</summary>
        public long FullAt;
    }
}

/// <summary>Whether a caller may go on, and when it may again.</summary>
/// <param name="IsTaken">Whether there was a token.</param>
/// <param name="Remaining">Tokens that are left.</param>
/// <param name="FullIn">Until the bucket is full, when nothing is taken meanwhile.</param>
/// <param name="Wait">Until the next token; zero when there was one.</param>
internal readonly record struct TokenResult(bool IsTaken, int Remaining, TimeSpan FullIn, TimeSpan Wait);
