namespace Opsen.Simulation.Model;

/// <summary>One host: its sessions share cores, cards and memory, each in proportion to what it would use. Beyond its memory a host swaps, and all on it
/// slows down; so does a card beyond its VRAM.</summary>
internal sealed class HostModel
{
    /// <summary>At 20 % beyond its memory a host works at 0.58 of its speed, at 50 % at 0.3.</summary>
    private const double SwapExponent = 3;

    /// <summary>Users leave work that is slower than this undone: otherwise an overloaded host would never be done.</summary>
    private const double LeastRate = 0.05;

    private readonly double[] _cardLoad;
    private readonly double[] _cardVram;
    private double _updated;

    public HostModel(int index, HostSpec spec)
    {
        (Index, Spec) = (index, spec);
        Id = $"{spec.Name}-{index}";
        _cardLoad = new double[spec.Cards];
        _cardVram = new double[spec.Cards];
        CardSeconds = new double[spec.Cards];
    }

    /// <summary>Its number in the fleet.</summary>
    public int Index { get; }

    /// <summary>Its name in the fleet.</summary>
    public string Id { get; }

    /// <summary>Its generation.</summary>
    public HostSpec Spec { get; }

    /// <summary>The sessions it runs.</summary>
    public List<Session> Sessions { get; } = [];

    /// <summary>Whether it runs; a host that is lost has no sessions.</summary>
    public bool IsUp { get; set; } = true;

    /// <summary>What others use of its cores, 0..1.</summary>
    public double Noise { get; set; }

    /// <summary>Cores that all on it would use.</summary>
    public double WantedCores { get; private set; }

    /// <summary>Cores in use.</summary>
    public double BusyCores => Math.Min(WantedCores, Spec.Cores);

    /// <summary>Memory in use, GB.</summary>
    public double MemoryGb { get; private set; }

    /// <summary>What is wanted of each card, 0..1 and beyond.</summary>
    public ReadOnlySpan<double> CardLoad => _cardLoad;

    /// <summary>VRAM in use on each card, GB.</summary>
    public ReadOnlySpan<double> CardVram => _cardVram;

    /// <summary>Seconds times busy cores since the start.</summary>
    public double CoreSeconds { get; private set; }

    /// <summary>Seconds times GB of memory in use.</summary>
    public double MemorySeconds { get; private set; }

    /// <summary>Seconds times utilisation of each card.</summary>
    public double[] CardSeconds { get; }

    /// <summary>Seconds in which more was wanted than there is.</summary>
    public double OverloadedSeconds { get; private set; }

    /// <summary>Seconds that it has run.</summary>
    public double UpSeconds { get; private set; }

    /// <summary>Counts the changes, so that an event for an earlier state is known.</summary>
    public int Version { get; private set; }

    /// <summary>The session that ends first, and when; null when there is none.</summary>
    public (Session Session, double At)? Next { get; private set; }

    /// <summary>Whether a session of a tier has what it asks for, in truth.</summary>
    public bool HasRoom(SessionClass asked)
    {
        var tier = asked.Tier;
        var cards = 0;
        for (var card = 0; card < Spec.Cards; card++)
        {
            cards += tier.Gpu > 0 && Spec.VramGb - _cardVram[card] >= tier.GpuMemoryGb / tier.Gpu ? 1 : 0;
        }

        return IsUp && Spec.Cores - BusyCores >= tier.Vcpu && Spec.MemoryGb - MemoryGb >= tier.MemoryGb && cards >= tier.Gpu;
    }

    /// <summary>Whether a card of this generation can hold what the tier asks for at all.</summary>
    public bool Suits(SessionClass asked) =>
        Spec.Cards >= asked.Tier.Gpu && (asked.Tier.Gpu == 0 || Spec.VramGb >= asked.Tier.GpuMemoryGb / asked.Tier.Gpu);

    /// <summary>The cards with the most VRAM left, of those the least loaded.</summary>
    public int[] PickCards(int count) => count == 0 ? []
        : [.. Enumerable.Range(0, Spec.Cards).OrderBy(card => _cardVram[card]).ThenBy(card => _cardLoad[card]).Take(count)];

    /// <summary>Everything on it has gone on until now.</summary>
    public void Advance(double now)
    {
        var elapsed = now - _updated;
        _updated = now;
        if (elapsed <= 0 || !IsUp)
        {
            return;
        }

        UpSeconds += elapsed;
        CoreSeconds += elapsed * BusyCores;
        MemorySeconds += elapsed * MemoryGb;
        var isOver = WantedCores > Spec.Cores * (1 + 1e-9) || MemoryGb > Spec.MemoryGb;
        for (var card = 0; card < _cardLoad.Length; card++)
        {
            CardSeconds[card] += elapsed * Math.Min(1, _cardLoad[card]);
            isOver |= _cardLoad[card] > 1 || _cardVram[card] > Spec.VramGb;
        }

        OverloadedSeconds += isOver ? elapsed : 0;
        foreach (var session in Sessions)
        {
            session.Ran += elapsed;
            session.Done += elapsed * session.Rate;
        }
    }

    /// <summary>Divides what it has among its sessions anew, after a change.</summary>
    public void Divide(double now)
    {
        Version++;
        (WantedCores, MemoryGb) = (Noise * Spec.Cores, 0.02 * Spec.MemoryGb);
        Array.Clear(_cardLoad);
        Array.Clear(_cardVram);
        foreach (var session in Sessions)
        {
            WantedCores += CoresOf(session);
            MemoryGb += session.MemoryGb;
            foreach (var card in session.Cards)
            {
                _cardLoad[card] += session.IsInteractive ? session.CardLoad / Spec.CardSpeed : session.CardLoad;
                _cardVram[card] += session.VramGb;
            }
        }

        var swap = Spill(MemoryGb, Spec.MemoryGb);
        var share = Math.Min(1, Spec.Cores / WantedCores) * swap;
        Next = null;
        foreach (var session in Sessions)
        {
            var rate = share * (session.IsInteractive ? Math.Min(1, Spec.Speed) : Spec.Speed);
            if (session.Cards.Length > 0)
            {
                rate = share;
                foreach (var card in session.Cards)
                {
                    var speed = Math.Min(1, 1 / _cardLoad[card]) * (session.IsInteractive ? Math.Min(1, Spec.CardSpeed) : Spec.CardSpeed);
                    rate = Math.Min(rate, share * speed * Spill(_cardVram[card], Spec.VramGb));
                }
            }

            session.Rate = Math.Max(LeastRate, rate);
            var end = now + Math.Max(0, session.Remaining);
            Next = Next is { } next && next.At <= end ? Next : (session, end);
        }
    }

    private static double Spill(double used, double total) => used <= total ? 1 : Math.Pow(total / used, SwapExponent);

    /// <summary>A session that lasts for its work keeps its cores busy; one that lasts for a time does its work with fewer cores where they are fast.</summary>
    private double CoresOf(Session session) =>
        session.IsInteractive && session.Cards.Length == 0 ? session.Cores * Math.Min(1, Spec.Speed) / Spec.Speed : session.Cores;
}
