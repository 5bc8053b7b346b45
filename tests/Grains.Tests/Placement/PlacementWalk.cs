using Opsen.Grains.Interfaces.Backends;
using Opsen.Grains.Interfaces.Tiers;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

/// <summary>Takes random steps with an index and the model side by side and compares everything they say.</summary>
internal sealed class PlacementWalk
{
    private const long TimeoutMs = 1000;
    private const double WindowMs = 500;
    private const double Tolerance = 1e-6;
    private const int PanicThresholdPct = 50;

    // Small nodes, so that few hosts make a deep tree that splits and merges all the time.
    private readonly PlacementIndex _index;
    private readonly bool _isProjected;
    private readonly NaiveModel _model;
    private readonly Dictionary<string, HostSnapshot> _hosts = [];
    private readonly List<string> _names = [];
    private readonly List<Guid> _granted = [];
    private long _now;
    private long _sequence;

    /// <summary>Takes all steps; fails at the first difference.</summary>
    public static void Run(int hosts, bool isProjected, IEnumerable<Step> steps)
    {
        var walk = new PlacementWalk(hosts, isProjected);
        var number = 0;
        foreach (var step in steps)
        {
            try
            {
                walk.Take(step);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"Step {number}, {step}: {e.Message}", e);
            }

            number++;
        }

        walk.CompareAll();
    }

    private PlacementWalk(int hosts, bool isProjected)
    {
        _isProjected = isProjected;
        _model = new(RandomHosts.Tiers, TimeoutMs, PanicThresholdPct, isProjected ? WindowMs : null);
        _index = new(
            RandomHosts.Tiers,
            TimeSpan.FromMilliseconds(TimeoutMs),
            new(Hosts: 8, Nodes: 8),
            PanicThresholdPct,
            isProjected ? TimeSpan.FromMilliseconds(WindowMs) : null);
        for (var i = 0; i < hosts; i++)
        {
            _names.Add($"host-{i}");
            Upsert(RandomHosts.Host(new(i), _names[i], ++_sequence));
        }
    }

    private void Take(Step step)
    {
        var random = new Random(step.Seed);
        _model.Advance(_now);
        switch (step.Kind)
        {
            case StepKind.Place:
                Place(random);
                break;
            case StepKind.Report:
                var load = RandomHosts.Load(random);
                Change(random, host => host with { Load = load, ReportSequence = ++_sequence });
                break;
            case StepKind.State:
                Change(random, host => RandomHosts.State(random, host));
                break;
            case StepKind.Move:
                Change(random, host => host with { Registration = host.Registration with { Place = RandomHosts.Place(random) } });
                break;
            case StepKind.Remove:
                var gone = Name(random);
                Assert.Equal(_hosts.Remove(gone), _index.Remove(gone));
                _model.Remove(gone);
                break;
            case StepKind.Release:
                var released = Reservation(random);
                Assert.Equal(_model.Release(released), _index.Release(released, _now));
                break;
            case StepKind.Renew:
                var renewed = Reservation(random);
                Assert.Equal(_model.Renew(renewed), _index.Renew(renewed, _now));
                break;
            case StepKind.Wait:
                _now += random.Next(3) == 0 ? random.Next((int)TimeoutMs * 2) : random.Next(50);
                break;
            case StepKind.Ask:
                Ask(random);
                break;
            case StepKind.Restore:
                Restore();
                break;
            case StepKind.Storm:
                Storm(random);
                break;
            case StepKind.ReleaseAll:
                Assert.Equal(_model.ReleaseAll(), _index.ReleaseAll(_now));
                break;
        }
    }

    private void Place(Random random)
    {
        var query = Query(random);
        var kept = _model.FindKept(query);
        var judgements = _model.Judge(query);
        var scores = Score(query, judgements);
        var refusals = NaiveModel.Count(judgements);
        Assert.Equal(refusals, _index.CountRefusals(query, _now));
        Assert.Equal(_hosts.Count, refusals.Sum());
        var outcome = _index.Place(query, _now, out var placement);
        if (kept is not null)
        {
            Assert.Equal(RouteOutcome.Routed, outcome);
            Assert.Equal((kept.ClientId, kept.Id, true), (placement.Host.ClientId, placement.ReservationId, placement.IsExisting));
            Assert.Equal(kept.GpuIds, placement.GpuIds);
            return;
        }

        Assert.Equal(scores.Count == 0 ? RouteOutcome.NoCapacity : RouteOutcome.Routed, outcome);
        if (outcome != RouteOutcome.Routed)
        {
            return;
        }

        var chosen = placement.Host.ClientId;
        var preferred = query.Preferred.FirstOrDefault(scores.ContainsKey);
        Assert.True(scores.ContainsKey(chosen), $"{chosen} does not fit");
        Assert.Equal(preferred is null ? scores.Values.Min() : scores[preferred], scores[chosen], Tolerance);
        Assert.Equal(scores[chosen], placement.Score, Tolerance);
        Assert.Equal(NaiveModel.Distance(query.Place, placement.Host.Registration.Place), placement.DistanceKm, Tolerance);
        Assert.Equal(_model.PickCards(query, chosen), placement.GpuIds);
        Assert.Equal(preferred ?? chosen, chosen);
        Assert.False(placement.IsExisting);
        _model.Grant(query, chosen, placement.ReservationId, placement.GpuIds);
        _granted.Add(placement.ReservationId);
        var (vcpu, memory, disk, held) = _model.Left(chosen);
        Assert.True((RandomHosts.Tiers[query.Tier].Vcpu == 0 || vcpu >= 0) && memory >= 0 && disk >= 0, $"{chosen} is overbooked");
        Assert.Equal(held.Distinct(), held);
    }

    private PlacementQuery Query(Random random) => new()
    {
        Tier = random.Next(RandomHosts.Tiers.Length),
        Place = random.Next(4) == 0 ? default : RandomHosts.Place(random),
        StickyId = random.Next(3) == 0 ? $"session-{random.Next(20)}" : null,
        Preferred = random.Next(6) == 0 ? [Name(random), Name(random)] : [],
        Excluded = random.Next(6) == 0 ? [Name(random), Name(random), Name(random)] : default,
        Replaces = random.Next(6) == 0 ? Reservation(random) : null,
    };

    private void Ask(Random random)
    {
        Explain(Query(random));
        var (clientId, tier) = (Name(random), random.Next(RandomHosts.Tiers.Length));
        Assert.Equal(_model.OverloadedTiers(clientId), _index.OverloadedTiers(clientId));
        Assert.Equal(_model.HasRoomFor(clientId, tier, default), _index.HasRoomFor(clientId, tier, default, _now));
        foreach (var reservation in _model.Reservations)
        {
            Assert.Equal(
                _model.HasRoomFor(reservation.ClientId, reservation.Tier, reservation.Id),
                _index.HasRoomFor(reservation.ClientId, reservation.Tier, reservation.Id, _now));
        }
    }

    private void Explain(PlacementQuery query)
    {
        var judgements = _model.Judge(query);
        var scores = Score(query, judgements);
        var explanation = _index.Capture(query, _now).Explain();
        Assert.Equal(_hosts.Count, explanation.Hosts.Length);
        Assert.All(explanation.Hosts, host => Assert.Equal(judgements[host.ClientId], host.Refusal));
        Assert.All(explanation.Hosts.Where(host => host.Score is not null), host => Assert.Equal(scores[host.ClientId], host.Score!.Total, Tolerance));
        Assert.Equal(scores.Count, explanation.Hosts.Count(host => host.Score is not null));
        var outcome = _index.Choose(query, _now, out var choice);
        Assert.Equal((outcome, choice.Host?.ClientId), (explanation.Outcome, explanation.ClientId));
    }

    /// <summary>The candidates' scores: the model's; projected ones as the index explains them, which has tests of its own.</summary>
    private Dictionary<string, double> Score(PlacementQuery query, Dictionary<string, RefusalReason> judgements) => _isProjected
        ? _index.Capture(query, _now).Explain().Hosts.Where(static host => host.Score is not null)
            .ToDictionary(static host => host.ClientId, static host => host.Score!.Total)
        : _model.Score(query, judgements);

    /// <summary>Stores all reservations, loses them, and puts them back in another order.</summary>
    private void Restore()
    {
        var records = _index.ExportReservations(_now);
        Assert.Equal(_model.Reservations.Select(r => r.Id).Order(), records.Select(r => r.Id).Order());
        if (_model.Reservations.Any(_model.DidNotFit))
        {
            return; // Streaks of overload are not stored.
        }

        Assert.Equal(records.Length, _index.ReleaseAll(_now));
        Assert.All(records.OrderBy(r => r.Id), record => Assert.True(_index.RestoreReservation(record, _now)));
        Assert.All(records, record => Assert.False(_index.RestoreReservation(record, _now)));
        _model.Restore();
    }

    private void CompareAll()
    {
        _model.Advance(_now);
        _index.Expire(_now);
        Assert.Equal(_model.IsPanic, _index.IsPanic);
        Assert.All(_index.Hosts, host => Assert.Equal(_model.IsPanic && host.Health == HealthStatus.Unhealthy, host.IgnoresHealth));
        Assert.Equal(_model.Reservations.Count, _index.ReservationCount);
        Assert.Equal(_model.ClientIds.Order(), _index.Hosts.Select(host => host.ClientId).Order());
    }

    /// <summary>Many hosts lose their health at once, or get it back.</summary>
    private void Storm(Random random)
    {
        var health = (HealthStatus)random.Next(1, 3);
        foreach (var host in _hosts.Values.Where(_ => random.Next(4) > 0).ToList())
        {
            Upsert(host with { Health = health });
            Assert.Equal(_model.IsPanic, _index.IsPanic);
        }
    }

    private void Change(Random random, Func<HostSnapshot, HostSnapshot> change)
    {
        var name = Name(random);
        Upsert(_hosts.TryGetValue(name, out var host) ? change(host) : RandomHosts.Host(random, name, ++_sequence));
    }

    private void Upsert(HostSnapshot host)
    {
        _hosts[host.ClientId] = host;
        _model.Upsert(host);
        _index.Upsert(host, _now);
    }

    private string Name(Random random) => _names[random.Next(_names.Count)];

    private Guid Reservation(Random random) => _granted.Count == 0 ? Guid.Empty : _granted[^random.Next(1, Math.Min(_granted.Count, 60) + 1)];
}
