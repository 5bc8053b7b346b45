namespace Opsen.Examples.EchoBackend;

/// <summary>Answer of <c>GET /health</c>.</summary>
/// <param name="Status">Always "ok".</param>
/// <param name="Name">This backend's name.</param>
internal sealed record HealthAnswer(string Status, string Name);
