using Opsen.Simulation.Model;

namespace Opsen.Simulation.Policies;

/// <summary>What load balancers do that know nothing of their hosts but which are up, how many sessions each has, and which have cards that are large
/// enough.</summary>
/// <param name="hosts">The fleet.</param>
/// <param name="choose">Chooses among the suitable hosts.</param>
internal sealed class Baseline(IReadOnlyList<HostModel> hosts, Func<List<HostModel>, Session, HostModel> choose) : IPolicy
{
    private readonly List<HostModel> _suitable = [];

    /// <summary>One after the other.</summary>
    public static Baseline RoundRobin(IReadOnlyList<HostModel> hosts)
    {
        var turns = new Dictionary<SessionClass, int>();
        return new(hosts, (suitable, session) => suitable[(turns[session.Class] = turns.GetValueOrDefault(session.Class) + 1) % suitable.Count]);
    }

    /// <summary>One after the other, each as often as it has cores.</summary>
    public static Baseline WeightedRoundRobin(IReadOnlyList<HostModel> hosts)
    {
        var current = new Dictionary<(SessionClass, HostModel), double>();
        return new(hosts, (suitable, session) =>
        {
            // nginx's smooth form: each turn everyone gains its weight, and the first in line pays for all.
            var total = suitable.Sum(static host => (double)host.Spec.Cores);
            foreach (var host in suitable)
            {
                current[(session.Class, host)] = current.GetValueOrDefault((session.Class, host)) + host.Spec.Cores;
            }

            var best = suitable.MaxBy(host => current[(session.Class, host)])!;
            current[(session.Class, best)] -= total;
            return best;
        });
    }

    /// <summary>Anyone.</summary>
    public static Baseline Random(IReadOnlyList<HostModel> hosts, Random random) =>
        new(hosts, (suitable, _) => suitable[random.Next(suitable.Count)]);

    /// <summary>The host with the fewest sessions.</summary>
    public static Baseline LeastSessions(IReadOnlyList<HostModel> hosts) =>
        new(hosts, static (suitable, _) => suitable.MinBy(static host => host.Sessions.Count)!);

    /// <summary>The host with the fewest sessions for each of its cores.</summary>
    public static Baseline WeightedLeastSessions(IReadOnlyList<HostModel> hosts) =>
        new(hosts, static (suitable, _) => suitable.MinBy(static host => (host.Sessions.Count + 1d) / host.Spec.Cores)!);

    /// <summary>Of two hosts the one with fewer sessions for each of its cores.</summary>
    public static Baseline PowerOfTwo(IReadOnlyList<HostModel> hosts, Random random) => new(hosts, (suitable, _) =>
    {
        var (a, b) = (suitable[random.Next(suitable.Count)], suitable[random.Next(suitable.Count)]);
        return (a.Sessions.Count + 1d) / a.Spec.Cores <= (b.Sessions.Count + 1d) / b.Spec.Cores ? a : b;
    });

    /// <summary>Asks three hosts as the session comes: of those with few sessions for their cores the fastest at this moment, else the one with the fewest
    /// (hot and cold lexicographic rule of Prequal, Wydrowski et al., NSDI 2024).</summary>
    public static Baseline Prequal(IReadOnlyList<HostModel> hosts, Random random) => new(hosts, (suitable, _) =>
    {
        const int probes = 3;
        const double hotQuantile = 0.84;
        var flights = suitable.Select(static host => (double)host.Sessions.Count / host.Spec.Cores).Order().ToArray();
        var hot = flights[(int)(hotQuantile * (flights.Length - 1))];
        HostModel? best = null;
        var (isCold, lowest) = (false, double.PositiveInfinity);
        for (var probe = 0; probe < probes; probe++)
        {
            var host = suitable[random.Next(suitable.Count)];
            var inFlight = (double)host.Sessions.Count / host.Spec.Cores;
            var cold = inFlight <= hot;
            var value = cold ? Math.Max(1, host.WantedCores / host.Spec.Cores) / host.Spec.Speed : inFlight;
            if (best is null || (cold && !isCold) || (cold == isCold && value < lowest))
            {
                (best, isCold, lowest) = (host, cold, value);
            }
        }

        return best!;
    });

    /// <summary>Knows everything at once: the host on which the session runs fastest, of those the least used. No program can; it shows what is left.</summary>
    public static Baseline AllKnowing(IReadOnlyList<HostModel> hosts) => new(hosts, static (suitable, session) => suitable.MinBy(host =>
    {
        var cores = (host.WantedCores + session.Cores) / host.Spec.Cores;
        var memory = (host.MemoryGb + session.MemoryGb) / host.Spec.MemoryGb;
        var cards = 0d;
        foreach (var card in host.PickCards(session.Class.Tier.Gpu))
        {
            var vram = (host.CardVram[card] + session.VramGb) / host.Spec.VramGb;
            cards = Math.Max(cards, Math.Max(host.CardLoad[card] + (session.CardLoad / host.Spec.CardSpeed), 0.99 * vram));
        }

        var worst = Math.Max(cores, Math.Max(memory, cards));
        return (Math.Max(1, worst) / (session.Class.Tier.Gpu > 0 ? host.Spec.CardSpeed : host.Spec.Speed)) + (0.3 * worst) + (memory > 0.98 ? 10 : 0);
    })!);

    public HostModel? Place(Session session, double now)
    {
        _suitable.Clear();
        foreach (var host in hosts)
        {
            if (host.IsUp && host.Suits(session.Class))
            {
                _suitable.Add(host);
            }
        }

        if (_suitable.Count == 0)
        {
            return null;
        }

        var chosen = choose(_suitable, session);
        session.Cards = chosen.PickCards(session.Class.Tier.Gpu);
        return chosen;
    }

    public void Ended(Session session, HostModel host, double now)
    {
    }

    public void Reported(HostModel host, in HostReport report, double now)
    {
    }

    public void Changed(HostModel host, double now)
    {
    }
}
