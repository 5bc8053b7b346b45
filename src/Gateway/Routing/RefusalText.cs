using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Opsen.Grains.Interfaces.Tiers;

namespace Opsen.Gateway.Routing;

/// <summary>Explains in words why no host fits.</summary>
internal static class RefusalText
{
    /// <summary>One sentence for the problem's detail.</summary>
    public static string Describe(string tier, ImmutableArray<int> refusals)
    {
        var text = new StringBuilder();
        for (var reason = RefusalReason.None + 1; (int)reason < refusals.Length; reason++)
        {
            if (refusals[(int)reason] > 0)
            {
                text.Append(text.Length == 0 ? "" : ", ").Append(refusals[(int)reason]).Append(' ').Append(Phrase(reason));
            }
        }

        return text.Length == 0 && refusals is [> 0, ..] ? $"No host has room for tier '{tier}' that others do not wait for already."
            : text.Length == 0
            ? $"No host fits tier '{tier}': none is registered. Start an agent on a backend."
            : $"No host fits tier '{tier}' now. Hosts refused: {text}.";
    }

    /// <summary>What a refusal adds for proxied requests without a session, which hold on to what they got (ADR 0014).</summary>
    public static string AboutReservations(string tier, int seconds) =>
        $" A proxied request without a session holds the resources of tier '{tier}' for {seconds} s, whatever it takes; with 'reservation: request' in the tier, until its response has ended.";

    /// <summary>What a refusal adds for a request that has waited.</summary>
    public static string AboutQueue(QueuePlace? queue) => queue switch
    {
        null => "",
        { IsFull: true } => " More requests wait for room than can.",
        { Position: 0 } known => $" It waited {Seconds(known.Waited)} s.",
        { Estimated: { } estimated } known =>
            $" It waited {Seconds(known.Waited)} s and was number {known.Position} of those who wait for this tier; about {Seconds(estimated)} s more would have been needed.",
        { } known => $" It waited {Seconds(known.Waited)} s and was number {known.Position} of those who wait for this tier.",
    };

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);

    private static string Phrase(RefusalReason reason) => reason switch
    {
        RefusalReason.Stale => "stale (no report in time)",
        RefusalReason.Unhealthy => "unhealthy",
        RefusalReason.Draining => "draining",
        RefusalReason.NoReport => "without a report yet",
        RefusalReason.Cpu => "short of free cores",
        RefusalReason.Memory => "short of memory",
        RefusalReason.Disk => "short of disk",
        RefusalReason.Gpu => "short of free GPUs or VRAM",
        RefusalReason.Excluded => "could not be connected",
        _ => reason.ToString(),
    };
}
