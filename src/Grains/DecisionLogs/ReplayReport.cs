namespace Opsen.Grains.DecisionLogs;

/// <summary>What a replay says of one pool.</summary>
public sealed record ReplayReport
{
    /// <summary>The pool.</summary>
    public required string Pool { get; init; }

    /// <summary>When its log begins.</summary>
    public required DateTimeOffset Begin { get; init; }

    /// <summary>For how long it goes, s.</summary>
    public required double Seconds { get; init; }

    /// <summary>Most hosts at a time.</summary>
    public required int Hosts { get; init; }

    /// <summary>Decisions in which the scores counted: neither those that kept a session's host, nor those that had one to prefer.</summary>
    public required int Decisions { get; init; }

    /// <summary>Decisions for a host that was to be preferred, which no score would change.</summary>
    public required int Preferred { get; init; }

    /// <summary>Lines that the log lacks.</summary>
    public required long Lost { get; init; }

    /// <summary>What was decided, and what each score would have.</summary>
    public required IReadOnlyList<ReplayOutcome> Outcomes { get; init; }
}

/// <summary>What one score did or would have done.</summary>
/// <param name="Name">recorded, classic or projected.</param>
/// <param name="SameHostPct">Part of the decisions for the host that was chosen in truth.</param>
/// <param name="Refused">Decisions without a host.</param>
/// <param name="MeanLoad">Mean load that its hosts reported afterwards, percent of the busiest resource; null where nothing was reported.</param>
/// <param name="P99Load">The same, 99th percentile over the decisions.</param>
/// <param name="MeanRegret">How much less the host that was best in hindsight had, percentage points.</param>
/// <param name="P99Regret">The same, 99th percentile.</param>
public sealed record ReplayOutcome(string Name, double SameHostPct, int Refused, double? MeanLoad, double? P99Load, double? MeanRegret, double? P99Regret);
