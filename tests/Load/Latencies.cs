namespace Opsen.Load;

/// <summary>How long requests took, each from the moment in which it was due.</summary>
/// <param name="Sorted">Milliseconds, ascending.</param>
/// <param name="Failed">Requests that were not answered 2xx; they have no latency.</param>
/// <param name="Late">By how much the generator itself was late with 1 % of the requests, ms: it is part of their latency.</param>
/// <param name="Seconds">How long it took.</param>
internal sealed record Latencies(double[] Sorted, int Failed, double Late, double Seconds)
{
    /// <summary>Requests that were answered, a second.</summary>
    public double Rate => Sorted.Length / Seconds;

    /// <summary>A quantile, ms; NaN when nothing was answered.</summary>
    /// <param name="part">From 0 to 1.</param>
    public double At(double part) => Sorted.Length == 0 ? double.NaN : Sorted[Math.Min(Sorted.Length - 1, (int)(part * Sorted.Length))];
}
