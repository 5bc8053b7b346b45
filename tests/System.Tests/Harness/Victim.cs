namespace Opsen.System.Tests.Harness;

/// <summary>Which of the server's processes a test kills.</summary>
public enum Victim
{
    /// <summary>The gateway, with the silo inside when it is embedded.</summary>
    Gateway,

    /// <summary>The separate silo.</summary>
    Silo,

    /// <summary>Every process.</summary>
    All,
}
