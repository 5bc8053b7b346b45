using System.Buffers.Binary;

namespace Opsen.Gateway.Listeners.Http2;

/// <summary>Which responses of an HTTP/2 connection have been written out to their end. The server says that a response is complete when it has it in memory;
/// the client's windows decide when it leaves. Reads the frames that go out (RFC 9113, section 4.1).</summary>
internal sealed class SentStreams
{
    private const int HeadLength = 9;
    private const byte Data = 0, Headers = 1, Reset = 3, EndStream = 1;

    private readonly Dictionary<int, TaskCompletionSource> _open = [];
    private readonly byte[] _head = new byte[HeadLength];
    private int _headBytes;
    private int _payloadLeft;

    /// <summary>Starts to watch a stream. Ends when its last frame has been written.</summary>
    /// <param name="stream">The stream's id.</param>
    public Task Watch(int stream)
    {
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_open)
        {
            _open[stream] = sent;
        }

        return sent.Task;
    }

    /// <summary>Forgets a stream.</summary>
    public void Forget(int stream)
    {
        lock (_open)
        {
            _open.Remove(stream);
        }
    }

    /// <summary>Takes note of what is written, in its order.</summary>
    public void Read(ReadOnlySpan<byte> written)
    {
        while (!written.IsEmpty)
        {
            if (_payloadLeft > 0)
            {
                var skipped = Math.Min(_payloadLeft, written.Length);
                _payloadLeft -= skipped;
                written = written[skipped..];
                continue;
            }

            var taken = Math.Min(HeadLength - _headBytes, written.Length);
            written[..taken].CopyTo(_head.AsSpan(_headBytes));
            written = written[taken..];
            if ((_headBytes += taken) == HeadLength)
            {
                _headBytes = 0;
                _payloadLeft = (_head[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(_head.AsSpan(1));
                if (_head[3] is Reset || (_head[3] is Data or Headers && (_head[4] & EndStream) != 0))
                {
                    End(BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(5)) & int.MaxValue);
                }
            }
        }
    }

    private void End(int stream)
    {
        lock (_open)
        {
            if (_open.TryGetValue(stream, out var sent))
            {
                sent.TrySetResult();
            }
        }
    }
}
