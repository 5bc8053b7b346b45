namespace Opsen.Examples.Quickstart.Check;

/// <summary>A check did not hold; the message says what was seen instead.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);
