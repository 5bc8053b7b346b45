using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.DecisionLogs;

/// <summary>
/// Replays the log of one pool: an index for each score hears what the pool's index heard and holds what that granted, and says what it would have chosen.
/// Each decision is judged by itself: by what the hosts reported afterwards, with every other decision as it was.
/// </summary>
internal sealed class PoolReplay(string pool, long horizonMs)
{
    /// <summary>Hosts to compare with that are remembered until their decisions can be judged.</summary>
    private const int MaxRemembered = 50_000_000;

    private const double DefaultWindowMinutes = 15;

    /// <summary>Ends are in the log: nothing ends by itself.</summary>
    private static readonly TimeSpan Forever = TimeSpan.FromDays(10_000);

    private readonly OutcomeSum[] _outcomes = [new("recorded"), new("classic"), new("projected")];
    private readonly Queue<Decision> _open = new();
    private HostLoads _loads = new();
    private PlacementIndex[] _indexes = [];
    private bool _isProjected;
    private DateTimeOffset _begin;
    private long _ms;
    private double _seconds;
    private int _hosts;
    private int _decisions;
    private int _preferred;
    private long _lost;
    private int _remembered;

    private PlacementIndex Recorded => _indexes[_isProjected ? 1 : 0];

    /// <summary>Takes the next event.</summary>
    /// <exception cref="FormatException">It cannot follow here.</exception>
    public void Add(DecisionEvent one)
    {
        if (_indexes.Length == 0 && one.Kind != DecisionEventKind.Begin)
        {
            throw new FormatException($"pool '{pool}' does not begin: the first part of the log is missing");
        }

        Check(one);
        if (one.Kind == DecisionEventKind.Begin)
        {
            Begin(one);
            return;
        }

        _seconds += Math.Max(0, one.Ms - _ms) / 1000.0;
        _ms = Math.Max(_ms, one.Ms);
        while (_open.TryPeek(out var oldest) && oldest.Ms + horizonMs <= _ms)
        {
            Judge(_open.Dequeue());
        }

        switch (one.Kind)
        {
            case DecisionEventKind.Host:
                _loads.Note(one.Host!, _ms);
                Array.ForEach(_indexes, index => index.Upsert(one.Host!, _ms));
                _hosts = Math.Max(_hosts, _indexes[0].HostCount);
                break;

            case DecisionEventKind.Gone:
                Array.ForEach(_indexes, index => index.Remove(one.ClientId!));
                break;

            case DecisionEventKind.Granted or DecisionEventKind.Refused:
                Decide(one);
                break;

            case DecisionEventKind.Restored:
                Hold(one);
                break;

            case DecisionEventKind.Ended:
                Array.ForEach(_indexes, index => index.Release(one.Reservation!.Value, _ms, PoolRecorder.EndOf(one.How)));
                break;

            case DecisionEventKind.Gap:
                _lost += one.Lost ?? 1;
                break;

            default:
                throw new FormatException($"'{one.Kind}' is not known");
        }
    }

    /// <summary>Judges what is left, and sums up.</summary>
    public ReplayReport Finish()
    {
        JudgeAll();
        return new()
        {
            Pool = pool,
            Begin = _begin,
            Seconds = Math.Round(_seconds, 3),
            Hosts = _hosts,
            Decisions = _decisions,
            Preferred = _preferred,
            Lost = _lost,
            Outcomes = [.. _outcomes.Select(static outcome => outcome.ToOutcome())],
        };
    }

    private static void Check(DecisionEvent one)
    {
        var missing = one.Kind switch
        {
            DecisionEventKind.Begin when one.Tiers is null => "tiers",
            DecisionEventKind.Host when one.Host is null => "host",
            DecisionEventKind.Gone or DecisionEventKind.Granted or DecisionEventKind.Restored when one.ClientId is null => "client_id",
            DecisionEventKind.Granted or DecisionEventKind.Restored or DecisionEventKind.Ended when one.Reservation is null => "reservation",
            DecisionEventKind.Granted or DecisionEventKind.Refused or DecisionEventKind.Restored when one.Tier is null => "tier",
            _ => null,
        };
        if (missing is not null)
        {
            throw new FormatException($"'{missing}' is missing");
        }
    }

    private void Begin(DecisionEvent one)
    {
        // Another process, with another clock.
        JudgeAll();
        _begin = _indexes.Length == 0 ? one.Time ?? default : _begin;
        _ms = one.Ms;
        _loads = new();
        _isProjected = one.ProjectedMinutes is not null;
        var (window, panic) = (TimeSpan.FromMinutes(one.ProjectedMinutes ?? DefaultWindowMinutes), one.PanicThresholdPct ?? 0);
        _indexes = [new([.. one.Tiers ?? []], Forever, panic), new([.. one.Tiers ?? []], Forever, panic, window)];
    }

    private void Decide(DecisionEvent one)
    {
        if (!Recorded.TryGetTier(one.Tier!, out var tier))
        {
            throw new FormatException($"tier '{one.Tier}' is not one of the pool's");
        }

        if (one.Preferred is { } preferred && one.ClientId is { } host && preferred.Contains(host))
        {
            _preferred++;
            Hold(one);
            return;
        }

        var query = new PlacementQuery { Tier = tier, Place = one.Place ?? default, Excluded = one.Excluded ?? [] };
        string?[] chosen = [one.ClientId, Choose(_indexes[0], query), Choose(_indexes[1], query)];
        for (var i = 0; i < chosen.Length; i++)
        {
            _outcomes[i].Chose(chosen[i], one.ClientId);
        }

        _decisions++;
        HostSnapshot[] fit = _remembered < MaxRemembered ? [.. Recorded.Candidates(query)] : [];
        _remembered += fit.Length;
        _open.Enqueue(new(_ms, Recorded.Tiers[tier], chosen, fit));
        if (one.Kind == DecisionEventKind.Granted)
        {
            Hold(one);
        }
    }

    private string? Choose(PlacementIndex index, in PlacementQuery query) =>
        index.Choose(query, _ms, out var placement) == RouteOutcome.Routed ? placement.Host.ClientId : null;

    private void Hold(DecisionEvent one)
    {
        var record = new ReservationRecord(one.Reservation!.Value, one.ClientId!, one.Tier!, StickyId: null, one.GpuIds ?? [], Forever);
        Array.ForEach(_indexes, index => index.RestoreReservation(record, _ms));
    }

    private void JudgeAll()
    {
        while (_open.TryDequeue(out var decision))
        {
            Judge(decision);
        }
    }

    private void Judge(Decision decision)
    {
        _remembered -= decision.Fit.Length;
        var (recorded, least) = (decision.Chosen[0], double.MaxValue);
        foreach (var host in decision.Fit)
        {
            least = Math.Min(least, LoadOn(host, decision, recorded) ?? double.MaxValue);
        }

        for (var i = 0; i < decision.Chosen.Length && least < double.MaxValue; i++)
        {
            if (Recorded.Find(decision.Chosen[i] ?? "") is { } host && LoadOn(host, decision, recorded) is { } load)
            {
                _outcomes[i].Met(load, least);
            }
        }
    }

    /// <summary>What a host reported after a decision. One that was not chosen in truth would have had the session too, with all that it may use.</summary>
    private double? LoadOn(HostSnapshot host, Decision decision, string? recorded)
    {
        var load = _loads.Mean(host.ClientId, decision.Ms, decision.Ms + horizonMs);
        return host.ClientId == recorded ? load : load + SharePct(decision.Tier, host.Registration);
    }

    private static double SharePct(TierSpec tier, BackendRegistration host) => 100 * Math.Max(
        Math.Max(Part(tier.Vcpu, host.TotalCpu), Part(tier.MemoryGb, host.TotalMemoryGb)), Part(tier.Gpu, host.TotalGpus));

    private static double Part(double asked, double total) => total > 0 ? asked / total : 0;

    private sealed record Decision(long Ms, TierSpec Tier, string?[] Chosen, HostSnapshot[] Fit);
}
