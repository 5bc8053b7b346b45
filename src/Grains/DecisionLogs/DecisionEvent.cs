using System.Collections.Immutable;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.DecisionLogs;

/// <summary>What a line of the decision log is about.</summary>
public enum DecisionEventKind
{
    /// <summary>An index begins, with no hosts, or a file does.</summary>
    Begin,

    /// <summary>The index hears of a host: a registration, a report, a probe's news.</summary>
    Host,

    /// <summary>A host leaves.</summary>
    Gone,

    /// <summary>A host was chosen, and the tier's resources are reserved there.</summary>
    Granted,

    /// <summary>No host had room.</summary>
    Refused,

    /// <summary>A reservation of before.</summary>
    Restored,

    /// <summary>A reservation ends.</summary>
    Ended,

    /// <summary>Lines are missing here, because the disk was too slow.</summary>
    Gap,
}

/// <summary>A line of the decision log: everything that an index decides by and decides, in its order. Nothing that belongs to another kind is set.</summary>
public sealed record DecisionEvent
{
    /// <summary>What it is about.</summary>
    public required DecisionEventKind Kind { get; init; }

    /// <summary>The pool.</summary>
    public string Pool { get; init; } = "";

    /// <summary>When, ms of the index's monotonic clock.</summary>
    public long Ms { get; init; }

    /// <summary>Begin: when, by the wall clock.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Begin: the tiers.</summary>
    public IReadOnlyList<TierSpec>? Tiers { get; init; }

    /// <summary>Begin: minutes over which agents average, where the scores are projected ones; null where they are classic.</summary>
    public double? ProjectedMinutes { get; init; }

    /// <summary>Begin: see <see cref="GrainSettings.PanicThresholdPct"/>.</summary>
    public int? PanicThresholdPct { get; init; }

    /// <summary>Host: its state.</summary>
    public HostSnapshot? Host { get; init; }

    /// <summary>Gone, Granted, Restored: the host.</summary>
    public string? ClientId { get; init; }

    /// <summary>Granted, Restored, Ended: the reservation.</summary>
    public Guid? Reservation { get; init; }

    /// <summary>Granted, Refused, Restored: the tier.</summary>
    public string? Tier { get; init; }

    /// <summary>Granted, Refused: where the user is; null when that is not known.</summary>
    public GeoPoint? Place { get; init; }

    /// <summary>Granted, Refused: hosts that were not to be used.</summary>
    public ImmutableArray<string>? Excluded { get; init; }

    /// <summary>Granted, Refused: hosts that were to be used before any other, whatever their scores.</summary>
    public ImmutableArray<string>? Preferred { get; init; }

    /// <summary>Granted, Restored: the cards.</summary>
    public ImmutableArray<int>? GpuIds { get; init; }

    /// <summary>Ended: how: released, expired or displaced.</summary>
    public string? How { get; init; }

    /// <summary>Gap: how many.</summary>
    public long? Lost { get; init; }
}
