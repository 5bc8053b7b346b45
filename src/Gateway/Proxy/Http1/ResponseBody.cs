using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Opsen.Gateway.Proxy.Streams;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>Reads the body of a response out of its framing. A truncated body is an error. A body that is not read to its end costs the connection.</summary>
internal sealed class ResponseBody(Http1Connection connection, HttpResponseMessage answer, ResponseFraming framing, ResponseContent content) : ReadOnlyStream
{
    private const int MaxTrailerBytes = 64 * 1024;
    private const int MaxSizeLine = 4 * 1024;

    // Smaller chunks are read together with what follows them.
    private const int MinDirectBytes = 4 * 1024;

    private long _left = framing.Length ?? 0;
    private Expected _expected = framing.IsChunked ? Expected.Size : Expected.Data;
    private bool _isDone;

    private enum Expected
    {
        Data,
        Size,
        EndOfChunk,
        Trailers,
    }

    private bool EndsWithConnection => framing is { IsChunked: false, Length: null };

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isDone)
        {
            return new(0);
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        if (connection.Received.IsEmpty && buffer.IsEmpty)
        {
            return connection.WaitAsync(cancellationToken);
        }

        return _expected == Expected.Data && !buffer.IsEmpty && TryTake(buffer, out var count) ? new(count) : ReadSlowlyAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (!_isDone)
        {
            _isDone = true;
            connection.Dispose();
            connection.EndPart();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadSlowlyAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        while (true)
        {
            if (_expected == Expected.Data)
            {
                if (buffer.IsEmpty)
                {
                    // The caller asks whether there is data; chunk framing is not data.
                    return connection.Received.IsEmpty ? await connection.WaitAsync(cancellation) : 0;
                }

                if (TryTake(buffer, out var taken))
                {
                    return taken;
                }

                if (!framing.IsChunked || _left >= MinDirectBytes)
                {
                    return await ReadDirectlyAsync(buffer, cancellation);
                }

                if (!connection.Append(await connection.ReceiveAsync(cancellation)))
                {
                    throw BrokenOff();
                }

                continue;
            }

            if (TryAdvance())
            {
                if (_isDone)
                {
                    return 0;
                }
            }
            else if (!connection.Append(await connection.ReceiveAsync(cancellation)))
            {
                throw BrokenOff();
            }
        }
    }

    /// <summary>Copies what has been received, without waiting.</summary>
    private bool TryTake(Memory<byte> buffer, out int count)
    {
        var received = connection.Received.Span;
        count = Math.Min(received.Length, buffer.Length);
        count = EndsWithConnection ? count : (int)Math.Min(count, _left);
        if (count == 0)
        {
            return false;
        }

        received[..count].CopyTo(buffer.Span);
        connection.Consume(count);
        Took(count);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadDirectlyAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        var part = EndsWithConnection ? buffer : buffer[..(int)Math.Min(buffer.Length, _left)];
        var count = await connection.ReadAsync(part, cancellation);
        if (count > 0)
        {
            Took(count);
            return count;
        }

        if (!EndsWithConnection)
        {
            throw BrokenOff();
        }

        connection.Spend();
        End();
        return 0;
    }

    private void Took(int count)
    {
        if (EndsWithConnection)
        {
            return;
        }

        _left -= count;
        if (_left == 0)
        {
            if (framing.IsChunked)
            {
                _expected = Expected.EndOfChunk;
            }
            else
            {
                End();
            }
        }
    }

    /// <summary>Reads what stands between the data of chunks; false when it has not come yet.</summary>
    private bool TryAdvance()
    {
        var received = connection.Received.Span;
        if (_expected == Expected.Trailers)
        {
            return TryReadTrailers(received);
        }

        var end = received.IndexOf((byte)'\n');
        if (end < 0)
        {
            return received.Length <= MaxSizeLine ? false : throw Malformed();
        }

        var line = received[..end];
        line = line.EndsWith("\r"u8) ? line[..^1] : line;
        if (_expected == Expected.EndOfChunk)
        {
            _expected = line.IsEmpty ? Expected.Size : throw Malformed();
        }
        else
        {
            if (!Utf8Parser.TryParse(line, out long size, out var digits, 'x') || size < 0 || !IsExtension(line[digits..]))
            {
                throw Malformed();
            }

            _left = size;
            _expected = size == 0 ? Expected.Trailers : Expected.Data;
        }

        connection.Consume(end + 1);
        return true;
    }

    private bool TryReadTrailers(ReadOnlySpan<byte> received)
    {
        var scanned = 0;
        var end = received.StartsWith("\r\n"u8) ? 2 : received.StartsWith("\n"u8) ? 1 : ResponseHead.FindEnd(received, ref scanned);
        if (end < 0)
        {
            return received.Length <= MaxTrailerBytes ? false : throw Malformed();
        }

        content.HasTrailers = end > 2;
        if (end > 2 && !ResponseHead.ReadFields(received[..end], answer, static (to, name, value) => to.TrailingHeaders.TryAddWithoutValidation(name, value)))
        {
            throw Malformed();
        }

        connection.Consume(end);
        End();
        return true;
    }

    private void End()
    {
        _isDone = true;
        connection.EndPart();
    }

    private static bool IsExtension(ReadOnlySpan<byte> rest)
    {
        rest = rest.TrimStart(" \t"u8);
        return rest.IsEmpty || rest[0] == ';';
    }

    private static BackendFaultException Malformed() => new(BackendFault.Malformed, "its answer is malformed: a chunk of its body is none");

    private static BackendFaultException BrokenOff() => new(BackendFault.Lost, "its answer breaks off");
}
