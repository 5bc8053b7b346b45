using System.Text.Json.Serialization;

namespace Opsen.Client;

/// <summary>Body of <c>POST /route</c>.</summary>
internal sealed record RouteBody(string Tier, string? ClientIp, double? ClientLat, double? ClientLon);

/// <summary>Answer of <c>POST /route</c>.</summary>
internal sealed record RouteAnswer(
    string ClientId, Uri Endpoint, string Hostname, double DistanceKm, string? ReservationId, IReadOnlyList<int>? GpuIds, string? Pool);

/// <summary>A problem (RFC 9457).</summary>
internal sealed record ProblemAnswer(string? Type, string? Detail);

/// <summary>Reads and writes these types.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RouteBody))]
[JsonSerializable(typeof(RouteAnswer))]
[JsonSerializable(typeof(ProblemAnswer))]
internal sealed partial class ClientJsonContext : JsonSerializerContext;
