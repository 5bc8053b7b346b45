using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Opsen.Gateway.Requests;

/// <summary>Tells a caller in its own terms what is wrong with its JSON.</summary>
internal static partial class JsonMistake
{
    private static readonly SearchValues<string> Coordinates = SearchValues.Create([" LineNumber:", " Path:"], StringComparison.Ordinal);

    /// <summary>Says where the mistake is and what belongs there.</summary>
    public static string Describe(JsonException exception, JsonTypeInfo type)
    {
        var place = string.Create(CultureInfo.InvariantCulture, $"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}");
        if (exception.InnerException is JsonException syntax)
        {
            return $"The body is not valid JSON at {place}: {FirstSentence(syntax.Message)}";
        }

        if (exception.Message.StartsWith("Duplicate", StringComparison.Ordinal))
        {
            return $"The body has a field twice at {place}: {FirstSentence(exception.Message)}";
        }

        var path = exception.Path ?? "$";
        return path == "$"
            ? $"The body must be {Expectation(type.Type)}."
            : $"{path[2..]} ({place}) must be {Expectation(TypeAt(path, type))}.";
    }

    /// <summary>The reader's messages end with coordinates, which are already told.</summary>
    private static string FirstSentence(string message)
    {
        var end = message.AsSpan().IndexOfAny(Coordinates);
        return end < 0 ? message : message[..end];
    }

    private static Type TypeAt(string path, JsonTypeInfo root)
    {
        var type = root;
        foreach (Match step in Steps().Matches(path))
        {
            var next = step.Groups["name"] is { Success: true } name
                ? type.Properties.FirstOrDefault(property => property.Name == name.Value)?.PropertyType
                : type.ElementType;
            if (next is null)
            {
                break;
            }

            if (Nullable.GetUnderlyingType(next) is { } value)
            {
                return value;
            }

            type = root.Options.GetTypeInfo(next);
        }

        return type.Type;
    }

    private static string Expectation(Type type) =>
        type == typeof(string) ? "a string"
        : type == typeof(int) ? "a whole number"
        : type == typeof(double) ? "a number"
        : type == typeof(DateTimeOffset) ? "an RFC 3339 time such as \"2026-01-31T12:00:00Z\""
        : typeof(IEnumerable).IsAssignableFrom(type) ? "an array"
        : "a JSON object";

    [GeneratedRegex(@"\.(?<name>[A-Za-z0-9_]+)|\[\d+\]", RegexOptions.ExplicitCapture)]
    private static partial Regex Steps();
}
