using Opsen.Simulation.Policies;

namespace Opsen.Simulation.Model;

/// <summary>A host's agent: it averages over its window, as the real one does.</summary>
internal sealed class Agent(HostModel host, Scenario scenario, Random random)
{
    private const double CoreSpreadPct = 5;

    private readonly Queue<Reading> _window = new();

    public HostReport Report(double now)
    {
        var latest = new Reading(now, host.CoreSeconds, host.MemorySeconds, [.. host.CardSeconds]);
        while (_window.TryPeek(out var oldest) && _window.Count > 1 && oldest.At < now - scenario.WindowSeconds)
        {
            _window.Dequeue();
        }

        var first = _window.TryPeek(out var start) ? start : new Reading(now - 1, host.CoreSeconds, host.MemorySeconds, [.. host.CardSeconds]);
        _window.Enqueue(latest);
        var seconds = Math.Max(1e-3, now - first.At);
        var spec = host.Spec;
        var isBroken = host.Index == scenario.BrokenCounter;
        var busy = isBroken ? 0 : (latest.CoreSeconds - first.CoreSeconds) / seconds / spec.Cores * 100;
        var cores = new double[spec.Cores];
        for (var core = 0; core < cores.Length; core++)
        {
            cores[core] = Math.Clamp(busy + (CoreSpreadPct * ((2 * random.NextDouble()) - 1) * Math.Min(1, busy / 20)), 0, 100);
        }

        var average = (latest.MemorySeconds - first.MemorySeconds) / seconds;
        var used = isBroken ? 0 : Math.Min(host.MemoryGb, spec.MemoryGb);
        var cards = new double[spec.Cards];
        for (var card = 0; card < cards.Length; card++)
        {
            cards[card] = Math.Min(100, (latest.CardSeconds[card] - first.CardSeconds[card]) / seconds * 100);
        }

        var vram = host.CardVram.ToArray();
        for (var card = 0; card < vram.Length; card++)
        {
            vram[card] = Math.Min(vram[card], spec.VramGb);
        }

        return new(cores, used, Math.Max(0, spec.MemoryGb - (isBroken ? 0 : Math.Max(used, average))), cards, vram);
    }

    private readonly record struct Reading(double At, double CoreSeconds, double MemorySeconds, double[] CardSeconds);
}
