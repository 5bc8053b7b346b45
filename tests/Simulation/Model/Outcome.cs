namespace Opsen.Simulation.Model;

/// <summary>What came of a run. The first tenth of the sessions fills the fleet and does not count.</summary>
internal sealed class Outcome(IReadOnlyList<HostModel> hosts, int sessions)
{
    private const double BalanceSeconds = 300;

    private readonly List<float> _slowdowns = new(sessions);
    private readonly double[] _balanceStart = new double[hosts.Count];
    private readonly double[] _counted = new double[hosts.Count];
    private readonly int _warmUp = sessions / 10;
    private double _overloadedBefore;
    private double _upBefore;
    private double _balanceAt;
    private double _balanceSum;
    private int _balances;

    /// <summary>Median of the sessions' slowdowns.</summary>
    public double P50 { get; private set; }

    /// <summary>99th percentile.</summary>
    public double P99 { get; private set; }

    /// <summary>99.9th percentile.</summary>
    public double P999 { get; private set; }

    /// <summary>Mean.</summary>
    public double Mean { get; private set; }

    /// <summary>Part of the hosts' time in which more was wanted of cores, memory or a card than there is, percent.</summary>
    public double OverloadPct { get; private set; }

    /// <summary>Highest use of a host's cores over the fleet's mean, each over five minutes; the mean of those.</summary>
    public double Balance { get; private set; }

    /// <summary>The largest part of all sessions that one host got, over its part of the cores.</summary>
    public double LargestShare { get; private set; }

    /// <summary>Refusals; a session that asks again and is refused again counts again.</summary>
    public int Refusals { get; private set; }

    /// <summary>Refusals while a host had what was asked for.</summary>
    public int NeedlessRefusals { get; private set; }

    /// <summary>Sessions that lost their host.</summary>
    public int Moves { get; private set; }

    /// <summary>Simulated time, s.</summary>
    public double Seconds { get; private set; }

    private bool IsCounting { get; set; }

    public void Arrived(Session session, double now)
    {
        if (session.Number == _warmUp)
        {
            IsCounting = true;
            (_overloadedBefore, _upBefore) = (hosts.Sum(static host => host.OverloadedSeconds), hosts.Sum(static host => host.UpSeconds));
        }
        else if (session.Number == sessions - 1)
        {
            // What follows is a fleet that empties.
            IsCounting = false;
            OverloadPct = 100 * (hosts.Sum(static host => host.OverloadedSeconds) - _overloadedBefore) / (hosts.Sum(static host => host.UpSeconds) - _upBefore);
        }
    }

    public void Refused(Session session, double now)
    {
        if (IsCounting)
        {
            Refusals++;
            NeedlessRefusals += hosts.Any(host => host.HasRoom(session.Class)) ? 1 : 0;
        }
    }

    public void Moved(Session session) => Moves += IsCounting ? 1 : 0;

    public void Ended(Session session, double now)
    {
        if (session.Number >= _warmUp)
        {
            _slowdowns.Add((float)session.SlowdownAt(now));
            _counted[session.Host!.Index]++;
        }
    }

    public void Sampled(HostModel host, double now)
    {
        if (!IsCounting || now < _balanceAt + BalanceSeconds)
        {
            return;
        }

        if (_balanceAt > 0)
        {
            var (highest, sum, cores) = (0d, 0d, 0);
            foreach (var other in hosts)
            {
                other.Advance(now);
                var used = other.CoreSeconds - _balanceStart[other.Index];
                highest = Math.Max(highest, used / other.Spec.Cores);
                (sum, cores) = (sum + used, cores + other.Spec.Cores);
            }

            _balanceSum += highest / (sum / cores);
            _balances++;
        }

        _balanceAt = now;
        foreach (var other in hosts)
        {
            other.Advance(now);
            _balanceStart[other.Index] = other.CoreSeconds;
        }
    }

    public void End(double now)
    {
        _slowdowns.Sort();
        (P50, P99, P999, Mean) = (Quantile(0.5), Quantile(0.99), Quantile(0.999), _slowdowns.Average());
        Balance = _balances == 0 ? 1 : _balanceSum / _balances;
        Seconds = now;
        var total = _counted.Sum();
        var cores = hosts.Sum(static host => host.Spec.Cores);
        LargestShare = hosts.Max(host => _counted[host.Index] / total / host.Spec.Cores * cores);
    }

    private double Quantile(double part) => _slowdowns[(int)(part * (_slowdowns.Count - 1))];
}
