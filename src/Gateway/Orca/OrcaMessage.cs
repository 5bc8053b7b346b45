using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace Opsen.Gateway.Orca;

/// <summary>Reads the binary form of a load report: the Protocol Buffers message in base64, with or without padding. Four fields are used and the rest is
/// skipped, so a whole Protocol Buffers library would be more than is needed.</summary>
internal static class OrcaMessage
{
    /// <summary>Longest value read; a report of some dozen metrics has less than a kilobyte.</summary>
    private const int MaxLength = 16 * 1024;

    private const int CpuUtilization = 1;
    private const int MemUtilization = 2;
    private const int Utilization = 5;
    private const int NamedMetrics = 8;
    private const int EntryKey = 1;
    private const int EntryValue = 2;

    private enum Wire
    {
        Varint = 0,
        Fixed64 = 1,
        Bytes = 2,
        Fixed32 = 5,
    }

    /// <summary>Reads a value; false when it is malformed.</summary>
    public static bool TryRead(ReadOnlySpan<char> base64, ref OrcaMetrics metrics)
    {
        base64 = base64.TrimEnd('=');
        if (base64.Length > MaxLength)
        {
            return false;
        }

        // Padded to whole groups of four, which is what the decoder asks for.
        Span<byte> text = new byte[(base64.Length + 3) / 4 * 4];
        text.Fill((byte)'=');
        Span<byte> message = new byte[Base64.GetMaxDecodedFromUtf8Length(text.Length)];
        return Ascii.FromUtf16(base64, text, out _) == OperationStatus.Done
            && Base64.DecodeFromUtf8(text, message, out _, out var length) == OperationStatus.Done
            && TryReadMessage(message[..length], ref metrics);
    }

    private static bool TryReadMessage(ReadOnlySpan<byte> message, ref OrcaMetrics metrics)
    {
        while (!message.IsEmpty)
        {
            if (!TryReadField(ref message, out var field, out var wire, out var content))
            {
                return false;
            }

            var isTaken = (field, wire) switch
            {
                (CpuUtilization, Wire.Fixed64) => metrics.TryTake("cpu_utilization", ReadDouble(content)),
                (MemUtilization, Wire.Fixed64) => metrics.TryTake("mem_utilization", ReadDouble(content)),
                (Utilization or NamedMetrics, Wire.Bytes) => TryReadEntry(content, ref metrics),
                _ => true,
            };
            if (!isTaken)
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadEntry(ReadOnlySpan<byte> entry, ref OrcaMetrics metrics)
    {
        var (name, value) = ("", 0.0);
        while (!entry.IsEmpty)
        {
            if (!TryReadField(ref entry, out var field, out var wire, out var content))
            {
                return false;
            }

            switch (field, wire)
            {
                case (EntryKey, Wire.Bytes):
                    name = Encoding.UTF8.GetString(content);
                    break;
                case (EntryValue, Wire.Fixed64):
                    value = ReadDouble(content);
                    break;
            }
        }

        return metrics.TryTakeNamed(name, value);
    }

    /// <summary>Takes one field off the front.</summary>
    private static bool TryReadField(ref ReadOnlySpan<byte> message, out int field, out Wire wire, out ReadOnlySpan<byte> content)
    {
        content = default;
        var isWell = TryReadVarint(ref message, out var tag) && tag is > 7 and <= uint.MaxValue;
        (field, wire) = ((int)(tag >> 3), (Wire)(tag & 7));
        if (!isWell)
        {
            return false;
        }

        ulong length = 0;
        switch (wire)
        {
            case Wire.Varint:
                return TryReadVarint(ref message, out _);
            case Wire.Fixed64:
                length = sizeof(ulong);
                break;
            case Wire.Fixed32:
                length = sizeof(uint);
                break;
            case Wire.Bytes when TryReadVarint(ref message, out length):
                break;
            default:
                return false;
        }

        if (length > (ulong)message.Length)
        {
            return false;
        }

        content = message[..(int)length];
        message = message[(int)length..];
        return true;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> message, out ulong value)
    {
        value = 0;
        for (var i = 0; i < message.Length && i < 10; i++)
        {
            value |= (ulong)(message[i] & 0x7F) << (7 * i);
            if (message[i] < 0x80)
            {
                message = message[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    private static double ReadDouble(ReadOnlySpan<byte> content) => BinaryPrimitives.ReadDoubleLittleEndian(content);
}
