using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
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

    /// <summary>Characters of a message in base64. A report of some dozen metrics has less than a kilobyte.</summary>
    private const int MaxMessageLength = 16 * 1024;

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
        var isWell = isBinary ? TryReadMessage(text, ref metrics)
            : text.StartsWith(BinaryPrefix, StringComparison.Ordinal) ? TryReadMessage(text[BinaryPrefix.Length..].Trim(), ref metrics)
            : text.StartsWith(JsonPrefix, StringComparison.Ordinal) ? TryReadJson(text[JsonPrefix.Length..].ToString(), ref metrics)
            : TryReadText(text.StartsWith(TextPrefix, StringComparison.Ordinal) ? text[TextPrefix.Length..] : text, ref metrics);
        report = isWell ? metrics.Report : null;
        return isWell;
    }

    /// <summary>Reads the Protocol Buffers message in base64, with or without padding.</summary>
    private static bool TryReadMessage(ReadOnlySpan<char> base64, ref OrcaMetrics metrics)
    {
        base64 = base64.TrimEnd('=');
        if (base64.Length > MaxMessageLength)
        {
            return false;
        }

        // The decoder wants whole groups of four.
        var text = base64.ToString().PadRight((base64.Length + 3) / 4 * 4, '=');
        Span<byte> message = new byte[text.Length / 4 * 3];
        try
        {
            return Convert.TryFromBase64String(text, message, out var length) && TryAdd(OrcaLoadReport.Parser.ParseFrom(message[..length]), ref metrics);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }
    }

    private static bool TryAdd(OrcaLoadReport report, ref OrcaMetrics metrics)
    {
        var isWell = (!report.HasCpuUtilization || metrics.TryAdd("cpu_utilization", report.CpuUtilization))
            && (!report.HasMemUtilization || metrics.TryAdd("mem_utilization", report.MemUtilization));
        foreach (var (name, value) in report.Utilization.Concat(report.NamedMetrics))
        {
            isWell = isWell && metrics.TryAddNamed(name, value);
        }

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
            var isAdded = point < 0 ? metrics.TryAdd(name, value)
                : name[..point] is not ("named_metrics" or "utilization") || metrics.TryAddNamed(name[(point + 1)..], value);
            if (!isAdded)
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
                if (!TryAdd(field, ref metrics))
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

    private static bool TryAdd(JsonProperty field, ref OrcaMetrics metrics)
    {
        if (field.Value.ValueKind != JsonValueKind.Object)
        {
            return TryReadNumber(field.Value, out var value) && metrics.TryAdd(field.Name, value);
        }

        if (field.Name is not ("named_metrics" or "namedMetrics" or "utilization"))
        {
            return true;
        }

        foreach (var entry in field.Value.EnumerateObject())
        {
            if (!TryReadNumber(entry.Value, out var named) || !metrics.TryAddNamed(entry.Name, named))
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

/// <summary>Collects what is used of a load report (the message <c>xds.data.orca.v3.OrcaLoadReport</c>) while it is read, whatever its form.</summary>
internal struct OrcaMetrics
{
    private double? _cpu;
    private double? _memory;
    private double? _gpu;

    /// <summary>What was collected; null when the report says nothing that is used.</summary>
    public readonly UtilizationReport? Report =>
        (_cpu ?? _memory ?? _gpu) is null ? null : new UtilizationReport { Cpu = _cpu, Memory = _memory, Gpu = _gpu };

    /// <summary>Adds a field of the report; false when the value cannot be, or is there twice.</summary>
    /// <param name="name">The field's name, in the spelling of the message or of its JSON form; others are ignored.</param>
    /// <param name="value">Its value. Use over 1 is possible (a soft limit) and means full.</param>
    public bool TryAdd(ReadOnlySpan<char> name, double value)
    {
        if (!double.IsFinite(value) || value < 0)
        {
            return false;
        }

        switch (name)
        {
            case "cpu_utilization" or "cpuUtilization":
                return TrySet(ref _cpu, value);
            case "mem_utilization" or "memUtilization":
                return TrySet(ref _memory, value);
            default:
                return true;
        }
    }

    /// <summary>Adds an entry of the maps <c>utilization</c> and <c>named_metrics</c>; false when the value cannot be.
    /// The unit of a named metric is the backend's own, so a GPU's over 1 is no share and is ignored.</summary>
    public bool TryAddNamed(ReadOnlySpan<char> name, double value)
    {
        if (!double.IsFinite(value))
        {
            return false;
        }

        if (name is "gpu_utilization" or "gpu" && value is >= 0 and <= 1)
        {
            _gpu = Math.Max(_gpu ?? 0, value);
        }

        return true;
    }

    private static bool TrySet(ref double? target, double value)
    {
        var isFirst = target is null;
        target = Math.Min(value, 1);
        return isFirst;
    }
}
