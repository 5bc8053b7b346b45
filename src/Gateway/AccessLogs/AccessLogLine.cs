using System.Buffers;
using System.Text.Json;

namespace Opsen.Gateway.AccessLogs;

/// <summary>Formats entries as lines of JSON. What a request lacks is left out of its line. For one thread.</summary>
internal sealed class AccessLogLine : IDisposable
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, new JsonWriterOptions { SkipValidation = true });

    /// <summary>Writes a line.</summary>
    public void Write(AccessEntry entry, IBufferWriter<byte> text)
    {
        _json.Reset(text);
        _json.WriteStartObject();
        _json.WriteString("time", entry.Time);
        WriteText("client", entry.Client?.ToString());
        _json.WriteString("method", entry.Method);
        WriteText("host", entry.Host);
        _json.WriteString("path", entry.Path);
        _json.WriteString("protocol", entry.Protocol);
        _json.WriteNumber("status", entry.Status);
        WriteNumber("request_length", entry.RequestLength);
        WriteNumber("response_length", entry.ResponseLength);
        WriteMs("duration_ms", entry.Duration);
        WriteText("user_agent", entry.UserAgent);
        WriteText("tier", entry.Tier);
        WriteText("session", entry.Session);
        WriteText("backend", entry.Backend);
        WriteText("endpoint", entry.Endpoint);
        WriteText("pool", entry.Pool);
        if (entry.Reservation != Guid.Empty)
        {
            _json.WriteString("reservation_id", entry.Reservation.ToString("N"));
        }

        WriteMs("decision_ms", entry.Decision);
        WriteMs("backend_ms", entry.BackendWait);
        WriteNumber("attempts", entry.Attempts == 0 ? null : entry.Attempts);
        _json.WriteString("ended_by", entry.EndedBy);
        _json.WriteString("phase", entry.Phase);
        _json.WriteEndObject();
        _json.Flush();
        text.Write("\n"u8);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();

    private void WriteText(string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            _json.WriteString(name, value);
        }
    }

    private void WriteNumber(string name, long? value)
    {
        if (value is { } known)
        {
            _json.WriteNumber(name, known);
        }
    }

    private void WriteMs(string name, TimeSpan? value)
    {
        if (value is { } known)
        {
            _json.WriteNumber(name, Math.Round(known.TotalMilliseconds, 3));
        }
    }
}
