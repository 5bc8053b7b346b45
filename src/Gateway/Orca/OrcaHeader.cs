using System.Globalization;
using System.Text.Json;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Orca;

/// <summary>
/// Reads load reports in responses (Open Request Cost Aggregation, https://github.com/envoyproxy/envoy/issues/6614): the header
/// <c>endpoint-load-metrics</c> as <c>TEXT name=value,…</c>, <c>JSON {…}</c> or <c>BIN base64</c>, and <c>endpoint-load-metrics-bin</c> as base64 alone.
/// As servers in the wild write it, text may lack its prefix and have colons for equals signs.
/// </summary>
internal static class OrcaHeader
{
    /// <summary>The header with a prefix that tells the form.</summary>
    public const string Name = "endpoint-load-metrics";

    /// <summary>The header with the binary form, and gRPC's trailer.</summary>
    public const string BinaryName = "endpoint-load-metrics-bin";

    private const string TextPrefix = "TEXT ";
    private const string JsonPrefix = "JSON ";
    private const string BinaryPrefix = "BIN ";

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 4, AllowDuplicateProperties = false };

    /// <summary>Reads a header's value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="isBinary">Whether it is that of <see cref="BinaryName"/>.</param>
    /// <param name="report">What it says; null when nothing in it is used.</param>
    /// <returns>False when the value is malformed.</returns>
    public static bool TryRead(string value, bool isBinary, out UtilizationReport? report)
    {
        var metrics = default(OrcaMetrics);
        var text = value.AsSpan().Trim();
        var isWell = isBinary ? OrcaMessage.TryRead(text, ref metrics)
            : text.StartsWith(BinaryPrefix, StringComparison.Ordinal) ? OrcaMessage.TryRead(text[BinaryPrefix.Length..].Trim(), ref metrics)
            : text.StartsWith(JsonPrefix, StringComparison.Ordinal) ? TryReadJson(text[JsonPrefix.Length..].ToString(), ref metrics)
            : TryReadText(text.StartsWith(TextPrefix, StringComparison.Ordinal) ? text[TextPrefix.Length..] : text, ref metrics);
        report = isWell ? metrics.Report : null;
        return isWell;
    }

    private static bool TryReadText(ReadOnlySpan<char> text, ref OrcaMetrics metrics)
    {
        foreach (var range in text.Split(','))
        {
            var pair = text[range].Trim();
            var sign = pair.IndexOfAny('=', ':');
            if (sign <= 0 || !double.TryParse(pair[(sign + 1)..].Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            {
                return false;
            }

            var name = pair[..sign].TrimEnd();
            var point = name.IndexOf('.');
            var isTaken = point < 0 ? metrics.TryTake(name, value)
                : name[..point] is not ("named_metrics" or "utilization") || metrics.TryTakeNamed(name[(point + 1)..], value);
            if (!isTaken)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadJson(string json, ref OrcaMetrics metrics)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Strict);
            foreach (var field in document.RootElement.EnumerateObject())
            {
                if (!TryTake(field, ref metrics))
                {
                    return false;
                }
            }

            return true;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool TryTake(JsonProperty field, ref OrcaMetrics metrics)
    {
        if (field.Value.ValueKind != JsonValueKind.Object)
        {
            return TryReadNumber(field.Value, out var value) && metrics.TryTake(field.Name, value);
        }

        if (field.Name is not ("named_metrics" or "namedMetrics" or "utilization"))
        {
            return true;
        }

        foreach (var entry in field.Value.EnumerateObject())
        {
            if (!TryReadNumber(entry.Value, out var named) || !metrics.TryTakeNamed(entry.Name, named))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A number, or one in quotes: the JSON form of Protocol Buffers allows both.</summary>
    private static bool TryReadNumber(JsonElement element, out double value)
    {
        value = 0;
        return element.ValueKind == JsonValueKind.Number
            ? element.TryGetDouble(out value)
            : element.ValueKind == JsonValueKind.String && double.TryParse(element.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }
}
