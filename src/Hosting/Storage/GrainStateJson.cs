using System.Text.Json;
using System.Text.Json.Serialization;

namespace Opsen.Hosting.Storage;

/// <summary>State of grains as plain JSON: readable by people and by SQL, and tolerant of fields that come and go with versions.</summary>
internal static class GrainStateJson
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        IgnoreReadOnlyProperties = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static string Serialize<T>(T state) => JsonSerializer.Serialize(state, Options);

    public static byte[] SerializeToUtf8<T>(T state) => JsonSerializer.SerializeToUtf8Bytes(state, Options);

    public static T Deserialize<T>(string json) => JsonSerializer.Deserialize<T>(json, Options)!;
}
