using System.Text.Json.Serialization;

namespace Opsen.Protocol.Http;

/// <summary>Source-generated JSON for every wire type: snake_case, unknown fields ignored, absent values left out.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RegisterRequest))]
[JsonSerializable(typeof(StatsRequest))]
[JsonSerializable(typeof(RouteRequest))]
[JsonSerializable(typeof(RouteResponse))]
[JsonSerializable(typeof(StatusResponse))]
[JsonSerializable(typeof(HealthResponse))]
[JsonSerializable(typeof(PurgeResponse))]
[JsonSerializable(typeof(LifecycleResponse))]
[JsonSerializable(typeof(DecisionResponse))]
[JsonSerializable(typeof(DecisionListResponse))]
[JsonSerializable(typeof(HistoryResponse))]
[JsonSerializable(typeof(SessionListResponse))]
[JsonSerializable(typeof(IReadOnlyList<ClientEntry>))]
public sealed partial class ProtocolJsonContext : JsonSerializerContext;
