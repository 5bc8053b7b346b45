namespace Opsen.Grains.DecisionLogs;

/// <summary>Adds up what one score did.</summary>
internal sealed class OutcomeSum(string name)
{
    private readonly List<float> _loads = [];
    private readonly List<float> _regrets = [];
    private int _decisions;
    private int _same;
    private int _refused;

    /// <summary>A decision.</summary>
    /// <param name="chosen">Its host; null when it refused.</param>
    /// <param name="recorded">That of the log.</param>
    public void Chose(string? chosen, string? recorded)
    {
        _decisions++;
        _same += chosen == recorded ? 1 : 0;
        _refused += chosen is null ? 1 : 0;
    }

    /// <summary>What became of it.</summary>
    public void Met(double load, double least)
    {
        _loads.Add((float)load);
        _regrets.Add((float)Math.Max(0, load - least));
    }

    /// <summary>The sum.</summary>
    public ReplayOutcome ToOutcome()
    {
        _loads.Sort();
        _regrets.Sort();
        return new(name, _decisions == 0 ? 100 : Math.Round(100.0 * _same / _decisions, 2), _refused, Mean(_loads), P99(_loads), Mean(_regrets), P99(_regrets));
    }

    private static double? Mean(List<float> sorted) => sorted.Count == 0 ? null : Math.Round(sorted.Average(), 2);

    private static double? P99(List<float> sorted) => sorted.Count == 0 ? null : Math.Round(sorted[Math.Min(sorted.Count - 1, sorted.Count * 99 / 100)], 2);
}
