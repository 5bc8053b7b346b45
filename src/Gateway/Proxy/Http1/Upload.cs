using System.Buffers;
using System.Globalization;
using System.Text;
using Opsen.Gateway.Proxy.Backends;
using Opsen.Gateway.Proxy.Streams;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>Sends the body of one request: every piece at once, as it comes, and never twice.</summary>
internal sealed class Upload(Http1Connection connection, HttpContent content, long? length, BackendExchange exchange) : WriteOnlyStream(connection.Stream)
{
    private const int FrameBytes = 16;
    private const int MaxCopied = 16 * 1024;

    private long _written;
    private bool _hasFailed;
    private bool _hasEnded;
    private volatile bool _isStopped;

    /// <summary>Ends when nothing more is sent, for whatever reason. Does not fail.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    /// <summary>Starts to send in the background.</summary>
    public void Start(Expectation? expectation, CancellationToken cancellation) => Ended = SendAsync(expectation, cancellation);

    /// <summary>No more of it is wanted: the exchange has failed.</summary>
    public void GiveUp() => _isStopped = true;

    /// <inheritdoc/>
    /// <remarks>A backend that has stopped to take the body may have answered nevertheless, so the connection stays open to be read.</remarks>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_isStopped)
        {
            throw new IOException("The rest of the body is not wanted any more.");
        }

        if (buffer.IsEmpty)
        {
            return;
        }

        if (_written + buffer.Length > length)
        {
            // The backend would parse the excess as another request (request smuggling).
            _hasFailed = true;
            throw new IOException("The body is longer than its Content-Length.");
        }

        try
        {
            _written += buffer.Length;
            await (length is null ? WriteChunkAsync(buffer, cancellationToken) : Inner.WriteAsync(buffer, cancellationToken));
        }
        catch (Exception)
        {
            _hasFailed = true;
            throw;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Nothing waits to be written.</remarks>
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task SendAsync(Expectation? expectation, CancellationToken cancellation)
    {
        try
        {
            if (expectation is not null && !await expectation.IsWanted)
            {
                connection.Spend();
                return;
            }

            if (length is null && exchange.Body is { } body)
            {
                // After the copy the request may have ended, and its HttpContext may be reused.
                body.AtEnd = WriteLastChunkAsync;
            }

            await content.CopyToAsync(this, null, cancellation);
            if (_hasFailed)
            {
                connection.Spend();
            }
            else if (!_hasEnded && _written != length)
            {
                connection.Dispose();
            }
        }
#pragma warning disable CA1031 // Whatever it is: the forwarder knows it too, and judges it.
        catch (Exception)
#pragma warning restore CA1031
        {
            if (_hasFailed || _isStopped)
            {
                connection.Spend();
            }
            else
            {
                // The caller failed, so the backend never gets a complete request.
                connection.Dispose();
            }
        }
        finally
        {
            connection.EndPart();
        }
    }

    private async ValueTask WriteLastChunkAsync(CancellationToken cancellation)
    {
        try
        {
            await Inner.WriteAsync(LastChunk(exchange.Trailers), cancellation);
            _hasEnded = true;
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or OperationCanceledException)
        {
            _hasFailed = true;
        }
    }

    /// <summary>Frames a small piece in one write; a large one is not copied.</summary>
    private async ValueTask WriteChunkAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        var isCopied = data.Length <= MaxCopied;
        var chunk = ArrayPool<byte>.Shared.Rent(isCopied ? data.Length + FrameBytes : FrameBytes);
        try
        {
            data.Length.TryFormat(chunk, out var size, "x", CultureInfo.InvariantCulture);
            "\r\n"u8.CopyTo(chunk.AsSpan(size));
            size += 2;
            if (!isCopied)
            {
                await Inner.WriteAsync(chunk.AsMemory(0, size), cancellation);
                await Inner.WriteAsync(data, cancellation);
                size = 0;
            }
            else
            {
                data.Span.CopyTo(chunk.AsSpan(size));
                size += data.Length;
            }

            "\r\n"u8.CopyTo(chunk.AsSpan(size));
            await Inner.WriteAsync(chunk.AsMemory(0, size + 2), cancellation);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    private static ReadOnlyMemory<byte> LastChunk(IHeaderDictionary? trailers)
    {
        var end = new StringBuilder("0\r\n");
        foreach (var (name, values) in trailers ?? new HeaderDictionary())
        {
            foreach (var value in values)
            {
                if (TrailerFields.MayPass(name) && WireText.IsFieldValue(value))
                {
                    end.Append(name).Append(": ").Append(value).Append("\r\n");
                }
            }
        }

        return Encoding.Latin1.GetBytes(end.Append("\r\n").ToString());
    }
}
