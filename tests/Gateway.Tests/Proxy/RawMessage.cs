using System.Globalization;
using System.Text;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>An HTTP/1.1 message as it was on the wire, with its body out of its framing. Text is one character a byte.</summary>
internal sealed record RawMessage(string StartLine, IReadOnlyList<(string Name, string Value)> Headers, byte[] Body,
    IReadOnlyList<(string Name, string Value)> Trailers)
{
    public int Status => int.Parse(StartLine.Split(' ')[1], CultureInfo.InvariantCulture);

    public string Target => StartLine.Split(' ')[1];

    public string BodyText => Encoding.Latin1.GetString(Body);

    /// <summary>All values of a header in their order; empty without it.</summary>
    public IReadOnlyList<string> All(string name) =>
        [.. Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static header => header.Value)];

    /// <summary>The values of a header as one list (RFC 9110, section 5.3); null without it.</summary>
    public string? Joined(string name) => All(name) is { Count: > 0 } values ? string.Join(", ", values) : null;
}

/// <summary>Reads HTTP/1.1 messages from a connection and checks their framing strictly.</summary>
internal sealed class RawReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Reads one message; null when the connection has ended before it.</summary>
    /// <param name="hasBody">Whether such a message may have a body: not the answer to HEAD, not 1xx, 204 and 304.</param>
    /// <param name="endsWithConnection">Whether a body without framing goes on to the end of the connection: in answers.</param>
    /// <param name="beforeBody">Runs when the head has come.</param>
    public async Task<RawMessage?> ReadAsync(Func<RawMessage, bool> hasBody, bool endsWithConnection, Func<RawMessage, Task>? beforeBody = null)
    {
        if (await ReadLineAsync() is not { } startLine)
        {
            return null;
        }

        var message = new RawMessage(startLine, await ReadFieldsAsync(), [], []);
        await (beforeBody?.Invoke(message) ?? Task.CompletedTask);
        if (!hasBody(message))
        {
            return message;
        }

        if (message.Joined("Transfer-Encoding") is { } coding)
        {
            Assert.Equal("chunked", coding, ignoreCase: true);
            Assert.Empty(message.All("Content-Length"));
            return message with { Body = await ReadChunksAsync(), Trailers = await ReadFieldsAsync() };
        }

        if (message.All("Content-Length") is { Count: > 0 } lengths)
        {
            return message with { Body = await ReadBytesAsync(int.Parse(Assert.Single(lengths), NumberStyles.None, CultureInfo.InvariantCulture)) };
        }

        return endsWithConnection ? message with { Body = await ReadToEndAsync() } : message;
    }

    private async Task<byte[]> ReadChunksAsync()
    {
        using var body = new MemoryStream();
        while (true)
        {
            var size = int.Parse(await ReadLineAsync() ?? throw new EndOfStreamException("In a chunk."), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return body.ToArray();
            }

            body.Write(await ReadBytesAsync(size));
            Assert.Equal("", await ReadLineAsync());
        }
    }

    private async Task<IReadOnlyList<(string Name, string Value)>> ReadFieldsAsync()
    {
        var fields = new List<(string Name, string Value)>();
        while (await ReadLineAsync() is { } line)
        {
            if (line.Length == 0)
            {
                return fields;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            fields.Add((line[..colon], line[(colon + 1)..].Trim(' ', '\t')));
        }

        throw new EndOfStreamException("In the head.");
    }

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new EndOfStreamException($"{at} of {count} bytes came.");
            }

            var take = Math.Min(count - at, _end - _start);
            _buffer.AsSpan(_start, take).CopyTo(bytes.AsSpan(at));
            _start += take;
            at += take;
        }

        return bytes;
    }

    private async Task<byte[]> ReadToEndAsync()
    {
        using var body = new MemoryStream();
        do
        {
            body.Write(_buffer, _start, _end - _start);
            _start = _end;
        }
        while (await FillAsync());
        return body.ToArray();
    }

    private async Task<string?> ReadLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync())
            {
                return line.Length == 0 ? null : throw new EndOfStreamException($"In the line '{line}'.");
            }

            var end = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n');
            var take = end < 0 ? _end - _start : end + 1;
            line.Append(Encoding.Latin1.GetString(_buffer, _start, take));
            _start += take;
            if (end >= 0)
            {
                Assert.EndsWith("\r\n", line.ToString(), StringComparison.Ordinal);
                return line.ToString(0, line.Length - 2);
            }
        }
    }

    private async Task<bool> FillAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        (_start, _end) = (0, await stream.ReadAsync(_buffer, deadline.Token));
        return _end > 0;
    }
}
