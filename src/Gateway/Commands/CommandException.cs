namespace Opsen.Gateway.Commands;

/// <summary>A command cannot do what it is asked for.</summary>
/// <param name="message">What is wrong and what to do.</param>
/// <param name="exitCode">The program's exit code.</param>
internal sealed class CommandException(string message, int exitCode = CommandException.Failed) : Exception(message)
{
    /// <summary>The gateway says no, or what is asked for is not there.</summary>
    public const int Failed = 1;

    /// <summary>No gateway answers.</summary>
    public const int Unreachable = 3;

    /// <summary>The program's exit code.</summary>
    public int ExitCode { get; } = exitCode;
}
