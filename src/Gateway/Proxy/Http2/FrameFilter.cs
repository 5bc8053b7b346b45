using System.Buffers.Binary;

namespace Opsen.Gateway.Proxy.Http2;

/// <summary>Follows the frames of one direction of a connection (RFC 9113, section 4.1) and takes the responses to our own pings out of them.</summary>
internal sealed class FrameFilter
{
    /// <summary>The PING frame that asks. The platform's own pings have another content: their first bit is set.</summary>
    public static readonly byte[] Ping = [0, 0, PingBytes, PingType, 0, 0, 0, 0, 0, .. "OpsenAsk"u8];

    private const byte DataType = 0, HeadersType = 1, PingType = 6, Acknowledged = 1;
    private const byte PingBytes = 8;
    private const int HeadBytes = 9;
    private const int TypeAt = 3, FlagsAt = 4;

    private readonly byte[] _held = new byte[HeadBytes + PingBytes];
    private int _heldBytes;
    private int _payloadLeft;

    /// <summary>Whether a response to a ping of ours has been taken out.</summary>
    public bool HasSeenAnswer { get; set; }

    /// <summary>Whether a part of a response has come.</summary>
    public bool HasSeenData { get; set; }

    /// <summary>Whether frames that the platform writes have a request, or a part of one, among them. What does not begin with a frame is the beginning of the
    /// connection.</summary>
    public static bool AsksForAnswer(ReadOnlySpan<byte> frames)
    {
        while (frames.Length >= HeadBytes && !frames.StartsWith("PRI"u8))
        {
            if (frames[TypeAt] is DataType or HeadersType)
            {
                return true;
            }

            frames = frames[Math.Min(frames.Length, HeadBytes + PayloadBytes(frames))..];
        }

        return false;
    }

    /// <summary>Puts what was held back the last time in front of what will be read next; how many bytes that are.</summary>
    public int TakeHeld(Span<byte> target)
    {
        _held.AsSpan(0, _heldBytes).CopyTo(target);
        var count = _heldBytes;
        _heldBytes = 0;
        return count;
    }

    /// <summary>Takes out what is not for the platform; how many bytes are left. The beginning of a frame that may have to be taken out is held back.</summary>
    public int Filter(Span<byte> data)
    {
        var (read, written) = (0, 0);
        while (read < data.Length)
        {
            var rest = data[read..];
            var count = Math.Min(_payloadLeft, rest.Length);
            if (count == 0)
            {
                if (IsUndecided(rest))
                {
                    rest.CopyTo(_held);
                    _heldBytes = rest.Length;
                    return written;
                }

                if (IsAnswer(rest))
                {
                    HasSeenAnswer = true;
                    read += Ping.Length;
                    continue;
                }

                HasSeenData |= rest[TypeAt] is DataType or HeadersType;
                count = HeadBytes;
                _payloadLeft = PayloadBytes(rest) + HeadBytes;
            }

            if (read != written)
            {
                rest[..count].CopyTo(data[written..]);
            }

            (read, written, _payloadLeft) = (read + count, written + count, _payloadLeft - count);
        }

        return written;
    }

    private static bool IsUndecided(ReadOnlySpan<byte> frame) =>
        frame.Length < HeadBytes
            || (frame.Length < Ping.Length && frame[TypeAt] == PingType && frame[FlagsAt] == Acknowledged && PayloadBytes(frame) == PingBytes);

    private static bool IsAnswer(ReadOnlySpan<byte> frame) =>
        frame[TypeAt] == PingType && frame[FlagsAt] == Acknowledged && PayloadBytes(frame) == PingBytes && frame.Length >= Ping.Length
            && frame[HeadBytes..Ping.Length].SequenceEqual(Ping.AsSpan(HeadBytes));

    private static int PayloadBytes(ReadOnlySpan<byte> head) => (head[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(head[1..]);
}
