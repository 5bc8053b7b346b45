namespace Opsen.Agent.Sensors;

/// <summary>Reads the cumulative counters of the host's cores.</summary>
internal interface ICpuSensor : IDisposable
{
    /// <summary>How much a core's counters grow in a second, all kinds of time together.</summary>
    double UnitsPerSecond { get; }

    /// <summary>Replaces <paramref name="counters"/> by the present ones.</summary>
    /// <returns>False when the system does not tell; the counters are empty then.</returns>
    bool TryRead(CoreCounters counters);
}
