using System.Buffers;

namespace Opsen.Gateway.Listeners.PlainHttp2;

/// <summary>What the first bytes of a connection say about its protocol.</summary>
internal enum PrefaceMatch
{
    No,

    /// <summary>HTTP/2, if it goes on as it began.</summary>
    Unfinished,

    Yes,
}

/// <summary>The 24 bytes with which every client begins HTTP/2 (RFC 9113, section 3.4); no HTTP/1.1 request can begin with them.</summary>
internal static class Http2Preface
{
    private static ReadOnlySpan<byte> Bytes => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>Compares what has arrived.</summary>
    public static PrefaceMatch Match(in ReadOnlySequence<byte> arrived)
    {
        Span<byte> start = stackalloc byte[Bytes.Length];
        start = start[..(int)Math.Min(arrived.Length, start.Length)];
        arrived.Slice(0, start.Length).CopyTo(start);
        return !Bytes.StartsWith(start) ? PrefaceMatch.No : start.Length == Bytes.Length ? PrefaceMatch.Yes : PrefaceMatch.Unfinished;
    }
}
