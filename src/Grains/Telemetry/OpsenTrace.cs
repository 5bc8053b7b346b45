using System.Diagnostics;

namespace Opsen.Grains.Telemetry;

/// <summary>The program's own spans. Without <c>otlp_endpoint</c> nobody listens, and none is made.</summary>
public static class OpsenTrace
{
    /// <summary>Name of the source.</summary>
    public const string Name = "Opsen";

    /// <summary>The source.</summary>
    public static ActivitySource Source { get; } = new(Name);
}
