namespace Opsen.Protocol.Configuration;

/// <summary>Least severity that is logged (<c>log_level</c>).</summary>
public enum LogThreshold
{
    /// <summary>Everything.</summary>
    Debug,

    /// <summary>Normal operation.</summary>
    Info,

    /// <summary>What may need attention.</summary>
    Warn,

    /// <summary>What failed.</summary>
    Error,

    /// <summary>Only what ends the process.</summary>
    Fatal,
}
