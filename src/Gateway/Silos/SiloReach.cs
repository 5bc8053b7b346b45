using System.Collections.Immutable;

namespace Opsen.Gateway.Silos;

/// <summary>
/// Judges which silos answer this gateway. One that hangs keeps its connections open, and calls that go through it wait until the cluster has declared it dead,
/// which cannot be done while the database is away. So a silo that says nothing while another one answers is left out for a while, and then tried again.
/// </summary>
internal sealed class SiloReach(TimeProvider time)
{
    /// <summary>How long a silo may say nothing.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Another silo must have answered so lately: else it is this gateway that is cut off, or hangs.</summary>
    public static readonly TimeSpan Proof = TimeSpan.FromSeconds(1);

    /// <summary>How long a silo is left out before it is tried again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, Contact> _silos = [];

    /// <summary>Takes the cluster's present list.</summary>
    public void Follow(IReadOnlyCollection<SiloAddress> listed)
    {
        lock (_lock)
        {
            foreach (var gone in _silos.Keys.Except(listed).ToList())
            {
                _silos.Remove(gone);
            }

            foreach (var silo in listed)
            {
                _silos.TryAdd(silo, new Contact { QuietSince = time.GetTimestamp() });
            }
        }
    }

    /// <summary>A silo has answered. True when that is news: it was left out before.</summary>
    public bool Heard(SiloAddress silo)
    {
        lock (_lock)
        {
            if (!_silos.TryGetValue(silo, out var contact))
            {
                return false;
            }

            var wasSilent = contact.WasLeftOut;
            (contact.QuietSince, contact.HeardAt, contact.LeftOutAt, contact.WasLeftOut) = (time.GetTimestamp(), time.GetTimestamp(), null, false);
            return wasSilent;
        }
    }

    /// <summary>Leaves out who has been silent for too long, and takes back who has been out for long enough. Returns who is newly left out.</summary>
    public ImmutableArray<SiloAddress> Judge()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            foreach (var contact in _silos.Values.Where(contact => contact.LeftOutAt is { } since && time.GetElapsedTime(since, now) >= Pause))
            {
                (contact.LeftOutAt, contact.QuietSince) = (null, now);
            }

            if (!_silos.Values.Any(contact => contact is { HeardAt: { } heard } && time.GetElapsedTime(heard, now) <= Proof))
            {
                return [];
            }

            var news = ImmutableArray.CreateBuilder<SiloAddress>();
            foreach (var (silo, contact) in _silos)
            {
                if (contact.LeftOutAt is null && time.GetElapsedTime(contact.QuietSince, now) > Patience)
                {
                    if (!contact.WasLeftOut)
                    {
                        news.Add(silo);
                    }

                    (contact.LeftOutAt, contact.WasLeftOut) = (now, true);
                }
            }

            return news.ToImmutable();
        }
    }

    /// <summary>The silos to call.</summary>
    public ImmutableArray<SiloAddress> Usable()
    {
        lock (_lock)
        {
            return [.. _silos.Where(static pair => pair.Value.LeftOutAt is null).Select(static pair => pair.Key)];
        }
    }

    /// <summary>What is known of a silo. Times are those of the monotonic clock.</summary>
    private sealed class Contact
    {
        /// <summary>Since when it could have answered and has not.</summary>
        public required long QuietSince { get; set; }

        public long? HeardAt { get; set; }

        public long? LeftOutAt { get; set; }

        /// <summary>Whether it has been silent since it was left out the first time.</summary>
        public bool WasLeftOut { get; set; }
    }
}
