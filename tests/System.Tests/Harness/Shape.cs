namespace Opsen.System.Tests.Harness;

/// <summary>How the server's processes are laid out.</summary>
public enum Shape
{
    /// <summary><c>cluster: embedded</c>: the gateway is the whole server.</summary>
    Embedded,

    /// <summary><c>cluster: localhost</c>: the gateway is a client of one <c>opsen-silo</c>.</summary>
    Localhost,
}
