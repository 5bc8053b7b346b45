using Opsen.Simulation.Policies;

namespace Opsen.Simulation.Model;

/// <summary>Runs one policy through one scenario, event by event. The same seed gives every policy the same sessions, noise and losses.</summary>
internal sealed class Simulator
{
    private const double RetrySeconds = 5;
    private const double LostFor = 300;
    private const double NoticedAfter = 6;
    private const double NoiseEvery = 120;

    private readonly Scenario _scenario;
    private readonly IReadOnlyList<HostModel> _hosts;
    private readonly IPolicy _policy;
    private readonly int _sessions;
    private readonly Arrivals _arrivals;
    private readonly Random _world;
    private readonly Random _reports;
    private readonly Agent[] _agents;
    private readonly PriorityQueue<Event, double> _events = new();
    private readonly Outcome _outcome;
    private int _open;

    public Simulator(Scenario scenario, IReadOnlyList<HostModel> hosts, IPolicy policy, int sessions, int seed)
    {
        (_scenario, _hosts, _policy, _sessions) = (scenario, hosts, policy, sessions);
        _arrivals = new(scenario, new Random(seed));
        (_world, _reports) = (new Random(seed + 1), new Random(seed + 2));
        _agents = [.. hosts.Select(host => new Agent(host, scenario, _reports))];
        _outcome = new(hosts, sessions);
    }

    private enum Kind
    {
        Arrival,
        Retry,
        End,
        Report,
        Noise,
        Loss,
        LossNoticed,
        Return,
    }

    /// <summary>Runs until all sessions have ended.</summary>
    public Outcome Run()
    {
        for (var host = 0; host < _hosts.Count; host++)
        {
            _hosts[host].Divide(0);
            Report(host, 0);
            _events.Enqueue(new(Kind.Report, host), _scenario.ReportSeconds * _reports.NextDouble());
            if (_scenario.IsNoisy)
            {
                _events.Enqueue(new(Kind.Noise, host), NoiseEvery * _world.NextDouble());
            }

            ScheduleLoss(host, 0);
        }

        EnqueueArrival(0);
        _open = _sessions;
        var now = 0d;
        while (_open > 0 && _events.TryDequeue(out var next, out now))
        {
            Handle(next, now);
        }

        _outcome.End(now);
        return _outcome;
    }

    private void Handle(in Event next, double now)
    {
        switch (next.Kind)
        {
            case Kind.Arrival:
                _outcome.Arrived(next.Session!, now);
                if (next.Session!.Number + 1 < _sessions)
                {
                    EnqueueArrival(now);
                }

                Place(next.Session, now);
                break;

            case Kind.Retry:
                Place(next.Session!, now);
                break;

            case Kind.End when _hosts[next.Host].Version == next.Version:
                End(_hosts[next.Host], now);
                break;

            case Kind.Report:
                Report(next.Host, now);
                _events.Enqueue(next, now + _scenario.ReportSeconds);
                break;

            case Kind.Noise:
                var isLoud = _world.NextDouble() < 0.05;
                Change(_hosts[next.Host], now, host => host.Noise = isLoud ? 0.5 * _world.NextDouble() : 0.05 * _world.NextDouble());
                _events.Enqueue(next, now - (Math.Log(1 - _world.NextDouble()) * NoiseEvery));
                break;

            case Kind.Loss:
                Lose(next.Host, now);
                break;

            case Kind.LossNoticed:
                _policy.Changed(_hosts[next.Host], now);
                break;

            case Kind.Return:
                _hosts[next.Host].IsUp = true;
                Change(_hosts[next.Host], now, static _ => { });
                _policy.Changed(_hosts[next.Host], now);
                ScheduleLoss(next.Host, now);
                break;

            default:
                break;
        }
    }

    private void Place(Session session, double now)
    {
        var host = _policy.Place(session, now);
        if (host is { IsUp: true })
        {
            session.Host = host;
            Change(host, now, changed => changed.Sessions.Add(session));
            return;
        }

        if (host is null)
        {
            _outcome.Refused(session, now);
        }

        // Refused, or sent to a host that is down and not known to be: the caller asks again.
        _events.Enqueue(new(Kind.Retry, Session: session), now + (host is null ? RetrySeconds : 1));
    }

    private void End(HostModel host, double now)
    {
        var session = host.Next!.Value.Session;
        Change(host, now, changed => changed.Sessions.Remove(session));
        _policy.Ended(session, host, now);
        _outcome.Ended(session, now);
        _open--;
    }

    private void Lose(int index, double now)
    {
        var host = _hosts[index];
        host.Advance(now);
        host.IsUp = false;
        var lost = host.Sessions.ToArray();
        host.Sessions.Clear();
        host.Divide(now);
        _events.Enqueue(new(Kind.LossNoticed, index), now + NoticedAfter);
        _events.Enqueue(new(Kind.Return, index), now + LostFor);
        foreach (var session in lost)
        {
            session.Host = null;
            _outcome.Moved(session);
            _policy.Ended(session, host, now);
            _events.Enqueue(new(Kind.Retry, Session: session), now + NoticedAfter);
        }
    }

    private void Change(HostModel host, double now, Action<HostModel> change)
    {
        host.Advance(now);
        change(host);
        host.Divide(now);
        if (host.Next is { } next)
        {
            _events.Enqueue(new(Kind.End, host.Index, host.Version), next.At);
        }
    }

    private void Report(int index, double now)
    {
        var host = _hosts[index];
        host.Advance(now);
        _outcome.Sampled(host, now);
        var report = _agents[index].Report(now);
        if (host.IsUp && (now == 0 || _reports.NextDouble() >= _scenario.LostReports))
        {
            _policy.Reported(host, report, now);
        }
    }

    private void EnqueueArrival(double now)
    {
        var session = _arrivals.Next(now);
        _events.Enqueue(new(Kind.Arrival, Session: session), session.Arrived);
    }

    private void ScheduleLoss(int host, double now)
    {
        if (_scenario.LossSeconds > 0)
        {
            _events.Enqueue(new(Kind.Loss, host), now - (Math.Log(1 - _world.NextDouble()) * _scenario.LossSeconds));
        }
    }

    private readonly record struct Event(Kind Kind, int Host = 0, int Version = 0, Session? Session = null);
}
