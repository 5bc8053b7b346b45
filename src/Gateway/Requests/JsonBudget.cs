using System.Text.Json;

namespace Opsen.Gateway.Requests;

/// <summary>Bounds what a JSON body becomes in memory: a few bytes of it can be an object of a hundred, and a list is checked only when it is there.</summary>
internal static class JsonBudget
{
    /// <summary>Values of a body, objects and lists among them: several times as many as the largest host reports.</summary>
    public const int MaxValues = 20_000;

    /// <summary>The shortest value with its comma.</summary>
    private const int LeastBytes = 2;

    /// <summary>Whether a body has more values than <see cref="MaxValues"/>. What is no JSON is left to whoever reads it.</summary>
    public static bool IsExceeded(ReadOnlySpan<byte> json)
    {
        if (json.Length < MaxValues * LeastBytes)
        {
            return false;
        }

        var values = 0;
        var reader = new Utf8JsonReader(json);
        try
        {
            while (values <= MaxValues && reader.Read())
            {
                values += reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray or JsonTokenType.PropertyName ? 0 : 1;
            }
        }
        catch (JsonException)
        {
            return false;
        }

        return values > MaxValues;
    }
}
