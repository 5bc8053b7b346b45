using System.Diagnostics.Metrics;

namespace Opsen.Grains.Telemetry;

/// <summary>What all of the program's instruments have in common.</summary>
public static class OpsenMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Opsen";

    /// <summary>Buckets of a duration, seconds: from a decision in memory to a long download.</summary>
    public static InstrumentAdvice<double> Durations { get; } = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    };

    /// <summary>Buckets of a wait for room, seconds.</summary>
    public static InstrumentAdvice<double> Waits { get; } = new() { HistogramBucketBoundaries = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600] };

    /// <summary>Buckets of a number of things done together.</summary>
    public static InstrumentAdvice<int> Sizes { get; } = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] };
}
