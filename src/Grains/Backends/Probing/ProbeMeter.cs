using System.Diagnostics.Metrics;

namespace Opsen.Grains.Backends.Probing;

/// <summary>What the probes measure of themselves.</summary>
internal static class ProbeMeter
{
    /// <summary>Name of the meter.</summary>
    public const string Name = "Opsen.Probes";

    /// <summary>The process's meter.</summary>
    public static Meter Instance { get; } = new(Name);
}
