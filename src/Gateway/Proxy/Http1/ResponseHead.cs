using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>Reads status line and header fields of responses, interim ones too (RFC 9112, sections 4 and 5).</summary>
internal static class ResponseHead
{
    /// <summary>The largest head that is taken.</summary>
    public const int MaxBytes = 64 * 1024;

    private const int VersionAt = 7, StatusAt = 9, StatusEnd = 12;

    private static ReadOnlySpan<byte> Protocol => "HTTP/1."u8;

    /// <summary>Where the head ends in what has come: behind the empty line; or -1. A line may end without its CR (section 2.2).</summary>
    /// <param name="received">What has come.</param>
    /// <param name="scanned">How much of it was looked at in vain.</param>
    public static int FindEnd(ReadOnlySpan<byte> received, ref int scanned)
    {
        while (received[scanned..].IndexOf((byte)'\n') is >= 0 and var found)
        {
            var next = scanned + found + 1;
            var rest = received[next..];
            if (rest.StartsWith("\n"u8) || rest.StartsWith("\r\n"u8))
            {
                return next + (rest[0] == '\n' ? 1 : 2);
            }

            if (rest.IsEmpty || (rest.Length == 1 && rest[0] == '\r'))
            {
                scanned = next - 1;
                return -1;
            }

            scanned = next;
        }

        scanned = received.Length;
        return -1;
    }

    /// <summary>Whether what has come may be the beginning of a response.</summary>
    public static bool MayBegin(ReadOnlySpan<byte> received) =>
        received[..Math.Min(received.Length, Protocol.Length)].SequenceEqual(Protocol[..Math.Min(received.Length, Protocol.Length)]);

    /// <summary>Reads the status line.</summary>
    /// <param name="head">A whole head.</param>
    /// <param name="status">The status, 100 to 999.</param>
    /// <param name="isHttp10">Whether the backend speaks HTTP/1.0.</param>
    /// <returns>The length of the line, or -1 when it is malformed.</returns>
    public static int ReadStatus(ReadOnlySpan<byte> head, out int status, out bool isHttp10)
    {
        (status, isHttp10) = (0, false);
        var end = head.IndexOf((byte)'\n');
        var line = Line(head[..end]);
        if (line.Length < StatusEnd || !line.StartsWith(Protocol) || line[VersionAt] is not ((byte)'0' or (byte)'1') || line[VersionAt + 1] != ' '
            || !Utf8Parser.TryParse(line[StatusAt..StatusEnd], out status, out var digits) || digits != StatusEnd - StatusAt || status < 100
            || (line.Length > StatusEnd && line[StatusEnd] != ' '))
        {
            return -1;
        }

        isHttp10 = line[VersionAt] == '0';
        return end + 1;
    }

    /// <summary>The reason in a status line, if it is not the usual one of the status.</summary>
    public static string? ReadUnusualReason(ReadOnlySpan<byte> head, int status)
    {
        var line = Line(head[..head.IndexOf((byte)'\n')]);
        var reason = line.Length > StatusEnd ? line[(StatusEnd + 1)..] : [];
        return Ascii.Equals(reason, ReasonPhrases.GetReasonPhrase(status)) ? null : Encoding.Latin1.GetString(reason);
    }

    /// <summary>Reads the fields behind the status line, or trailers.</summary>
    /// <param name="fields">Lines up to the empty one.</param>
    /// <param name="taker">Gets every field.</param>
    /// <param name="take">Takes one.</param>
    /// <returns>False when a line is malformed.</returns>
    public static bool ReadFields<T>(ReadOnlySpan<byte> fields, T taker, Action<T, string, string> take)
    {
        while (!fields.IsEmpty)
        {
            var end = fields.IndexOf((byte)'\n');
            var line = Line(fields[..end]);
            fields = fields[(end + 1)..];
            if (line.IsEmpty)
            {
                return true;
            }

            var colon = line.IndexOf((byte)':');
            if (colon <= 0 || FieldNames.Find(line[..colon]) is not { } name)
            {
                return false;
            }

            var value = name.Read(Value(line[(colon + 1)..]));
            while (fields.Length > 0 && fields[0] is (byte)' ' or (byte)'\t')
            {
                // obs-fold (RFC 9112, section 5.2): the fold counts as a blank.
                end = fields.IndexOf((byte)'\n');
                value = $"{value} {Encoding.Latin1.GetString(Value(Line(fields[..end])))}";
                fields = fields[(end + 1)..];
            }

            take(taker, name.Text, value);
        }

        return true;
    }

    /// <summary>Puts one field into a response.</summary>
    public static void Put(HttpResponseMessage answer, string name, string value)
    {
        if (!answer.Headers.TryAddWithoutValidation(name, value))
        {
            answer.Content.Headers.TryAddWithoutValidation(name, value);
        }
    }

    /// <summary>What says how long the body is.</summary>
    /// <param name="answer">The response, its fields in place.</param>
    /// <param name="isHttp10">Whether the backend speaks HTTP/1.0.</param>
    /// <param name="framing">How its body ends.</param>
    /// <returns>False when the framing is malformed (RFC 9112, section 6).</returns>
    public static bool TryReadFraming(HttpResponseMessage answer, bool isHttp10, out ResponseFraming framing)
    {
        var keeps = !isHttp10;
        if (answer.Headers.NonValidated.TryGetValues(HeaderNames.Connection, out var connection))
        {
            var options = connection.ToString();
            keeps = Has(options, "close") ? false : keeps || Has(options, "keep-alive");
        }

        framing = new ResponseFraming(null, false, keeps);
        var isChunked = answer.Headers.NonValidated.TryGetValues(HeaderNames.TransferEncoding, out var coding);
        var hasLength = answer.Content.Headers.NonValidated.TryGetValues(HeaderNames.ContentLength, out var lengths);
        if (isChunked)
        {
            // Content-Length beside it is an error (RFC 9112, section 6.3), so the connection is not reused.
            framing = new ResponseFraming(null, true, keeps && !hasLength && !isHttp10);
            return coding.Count == 1 && coding.ToString().Trim().Equals("chunked", StringComparison.OrdinalIgnoreCase);
        }

        if (!hasLength)
        {
            return true;
        }

        long? length = null;
        foreach (var value in lengths)
        {
            if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var one) || (length is { } other && other != one))
            {
                return false;
            }

            length = one;
        }

        if (lengths.Count > 1)
        {
            answer.Content.Headers.ContentLength = length;
        }

        framing = new ResponseFraming(length, false, keeps);
        return true;
    }

    private static bool Has(string options, string option)
    {
        foreach (var range in options.AsSpan().Split(','))
        {
            if (options.AsSpan(range).Trim().Equals(option, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> line) => line.EndsWith("\r"u8) ? line[..^1] : line;

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> value) => value.Trim(" \t"u8);
}

/// <summary>How a response's body ends.</summary>
/// <param name="Length">After so many bytes, if that is known.</param>
/// <param name="IsChunked">With the last chunk. Without this and a length: with the connection.</param>
/// <param name="KeepsConnection">Whether the backend keeps the connection for another request.</param>
internal readonly record struct ResponseFraming(long? Length, bool IsChunked, bool KeepsConnection);
