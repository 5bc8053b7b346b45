using System.Text.Json;
using System.Text.Json.Serialization;

namespace Opsen.Grains;

/// <summary>How hosts and their reports look as JSON, in storage and in the decision log.</summary>
public static class StateJson
{
    /// <summary>Snake case, words for enumerations, nothing that is null or computed.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };
}
