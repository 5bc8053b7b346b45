using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Opsen.Gateway.Proxy.Streams;
using Opsen.Grains.Interfaces;

namespace Opsen.Gateway.Proxy.TierDetection;

/// <summary>
/// Looks for the tier in a JSON body without consuming or copying it: what was looked at stays in the server's own pipe, from where the
/// forwarder reads it.
/// </summary>
/// <remarks>
/// The server stops reading from a connection when <c>MaxRequestBufferSize</c> bytes lie there unexamined; looking examines them, so that
/// limit does not end the search, <c>tier_peek_bytes</c> does. HTTP/2 windows too are given back for what was examined. A client that
/// falls silent for <see cref="ProxySettings.PeekPatience"/> in the middle of its body is not waited for any longer. Its bytes
/// are then taken out of the pipe, because a pipe hands out what was already examined only together with something new,
/// and the backend should not have to wait for that.
/// </remarks>
internal sealed class BodyPeeker(ProxySettings settings, TimeProvider time)
{
    /// <summary>How much the searches that wait for more of their body may keep in memory together, bytes: 64 that have seen all they may, at least 64 MiB.
    /// A search that would need more is ended; the bodies of most requests come in one piece and are not counted.</summary>
    private readonly long _budget = 64L * Math.Max(settings.TierPeekBytes, 1 << 20);

    private long _held;

    private readonly byte[] _fieldName = Encoding.UTF8.GetBytes(settings.TierFieldName);

    /// <summary>Looks into the body of a request that has one. <paramref name="limit"/>: the most bytes that it may have.</summary>
    /// <exception cref="BadHttpRequestException">The body is larger than the limit, or malformed; or so many others are searched that there is no memory for
    /// this one (503).</exception>
    /// <exception cref="IOException">The client is gone.</exception>
    /// <exception cref="OperationCanceledException">The client is gone.</exception>
    public async ValueTask<TierPeek> PeekAsync(PipeReader body, long? limit = null)
    {
        var scanner = new TierFieldScanner(_fieldName);
        CallerPatience? patience = null;
        long examined = 0, held = 0;
        try
        {
            while (true)
            {
                var pending = body.ReadAsync();
                var read = pending.IsCompleted ? await pending : await (patience ??= new(body, settings, time)).WaitAsync(pending);
                var buffer = read.Buffer;
                var isWithinLimit = buffer.Length < settings.TierPeekBytes;
                var window = isWithinLimit ? buffer : buffer.Slice(0, settings.TierPeekBytes);
                var progress = scanner.Scan(window, isWhole: read.IsCompleted && window.Length == buffer.Length);
                if (progress == ScanProgress.NeedsMore && isWithinLimit && !read.IsCompleted && !read.IsCanceled)
                {
                    examined = buffer.Length;
                    Hold(examined, ref held);
                    body.AdvanceTo(buffer.Start, buffer.End);
                    continue;
                }

                var arrived = buffer.Length;
                var taken = Leave(body, read, ref examined);
                await (patience?.SettleAsync(examined) ?? default);
                BodyLimit.Check(arrived, limit);
                return new TierPeek(scanner.Tier, scanner.Place, taken);
            }
        }
        finally
        {
            Interlocked.Add(ref _held, -held);
            await (patience?.DisposeAsync() ?? default);
        }
    }

    /// <summary>Counts what a search keeps.</summary>
    private void Hold(long length, ref long held)
    {
        var more = length - held;
        held = length;
        if (Interlocked.Add(ref _held, more) > _budget)
        {
            throw new BadHttpRequestException("Too many bodies are searched for their tier.", StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>Leaves the pipe so that the next read finds at once what has arrived, or takes that out where it would not.</summary>
    private static ReadOnlyMemory<byte> Leave(PipeReader body, in ReadResult read, ref long examined)
    {
        var buffer = read.Buffer;
        if (buffer.Length > examined || read.IsCompleted)
        {
            // What came last is left unexamined.
            body.AdvanceTo(buffer.Start, buffer.GetPosition(examined));
            return default;
        }

        var taken = buffer.ToArray();
        examined = 0;
        body.AdvanceTo(buffer.End);
        return taken;
    }
}

/// <summary>What looking into a body found.</summary>
/// <param name="Tier">The tier that the body names, or null.</param>
/// <param name="Place">The place that the body names, if any.</param>
/// <param name="Taken">Bytes that had to be taken out of the request's pipe and come before what is left in it; mostly empty.</param>
internal readonly record struct TierPeek(string? Tier, GeoPoint Place, ReadOnlyMemory<byte> Taken);
