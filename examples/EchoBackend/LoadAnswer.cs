namespace Opsen.Examples.EchoBackend;

/// <summary>Answer of <c>/load</c>.</summary>
/// <param name="Threads">Threads that burn now.</param>
/// <param name="Seconds">How long they will.</param>
internal sealed record LoadAnswer(int Threads, int Seconds);
