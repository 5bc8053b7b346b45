using System.Buffers.Binary;
using System.Text;

namespace Opsen.Tests.Support;

/// <summary>A client's side of one HTTP/2 connection that sends header fields exactly as it is told, also those that no real client sends. One request at a
/// time.</summary>
internal sealed class RawHttp2(Stream stream)
{
    private const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7;
    private const byte Acknowledge = 1, EndStream = 1, EndHeaders = 4;

    private int _nextStream = 1;

    /// <summary>What a connection begins with. SETTINGS_HEADER_TABLE_SIZE 0: the server's blocks stand for themselves.</summary>
    public static byte[] Preface { get; } = [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(Settings, 0, 0, [0, 1, 0, 0, 0, 0])];

    /// <summary>Begins the connection.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        await stream.WriteAsync(Preface, cancellation);
    }

    /// <summary>Begins a connection whose streams may send nothing.</summary>
    public async Task BeginWithoutWindowAsync(CancellationToken cancellation)
    {
        await BeginAsync(cancellation);

        // SETTINGS_INITIAL_WINDOW_SIZE 0.
        await WriteFrameAsync(Settings, 0, 0, [0, 4, 0, 0, 0, 0], cancellation);
    }

    /// <summary>Sends requests without reading what comes back, and then waits until the server resets their streams, or the connection.</summary>
    public async Task AskUntilResetAsync(IReadOnlyCollection<List<(string Name, string Value)>> requests, CancellationToken cancellation)
    {
        foreach (var fields in requests)
        {
            await WriteFrameAsync(Headers, EndHeaders | EndStream, _nextStream, Encode(fields), cancellation);
            _nextStream += 2;
        }

        var open = requests.Count;
        while (open > 0 && await NextFrameAsync(cancellation) is { } frame)
        {
            switch (frame.Type)
            {
                case Reset:
                    open--;
                    break;

                case GoAway:
                    return;
            }
        }
    }

    /// <summary>Sends a request without a body, one byte a character, and returns the status of its response; 0 when the server ended the stream or the
    /// connection instead.</summary>
    public async Task<int> AskAsync(IEnumerable<(string Name, string Value)> fields, CancellationToken cancellation) =>
        (await AskToTheEndAsync(fields, cancellation)).Status;

    /// <summary>The same; also whether the response came to its end.</summary>
    public async Task<(int Status, bool IsWhole)> AskToTheEndAsync(IEnumerable<(string Name, string Value)> fields, CancellationToken cancellation)
    {
        var id = _nextStream;
        _nextStream += 2;
        await WriteFrameAsync(Headers, EndHeaders | EndStream, id, Encode(fields), cancellation);
        var status = 0;
        while (await NextFrameAsync(cancellation) is { } frame)
        {
            switch (frame.Type)
            {
                case Headers when frame.Stream == id:
                    status = status == 0 ? ReadStatus(frame.Payload) : status;
                    break;

                case Reset when frame.Stream == id:
                case GoAway:
                    return (status, false);
            }

            if (frame.Type is Data or Headers && frame.Stream == id && (frame.Flags & EndStream) != 0)
            {
                return (status, true);
            }
        }

        return (status, false);
    }

    /// <summary>The frame of a request without a body.</summary>
    public static byte[] Request(int stream, IEnumerable<(string Name, string Value)> fields) =>
        Frame(Headers, EndHeaders | EndStream, stream, Encode(fields));

    /// <summary>The frame with which a client says that it will ask for nothing more.</summary>
    public static byte[] Goodbye() => Frame(GoAway, 0, 0, new byte[8]);

    /// <summary>The statuses of the responses in what a server has sent.</summary>
    public static IEnumerable<int> StatusesIn(byte[] received)
    {
        var length = 0;
        for (var at = 0; at + 9 <= received.Length; at += 9 + length)
        {
            length = (received[at] << 16) | BinaryPrimitives.ReadUInt16BigEndian(received.AsSpan(at + 1));
            if (received[at + 3] == Headers && at + 9 + length <= received.Length && received.AsSpan(at + 9, length).Length > 0)
            {
                yield return ReadStatus(received[(at + 9)..(at + 9 + length)]);
            }
        }
    }

    /// <summary>The usual fields of a GET.</summary>
    public static List<(string Name, string Value)> Get(string path, string scheme = "http") =>
        [(":method", "GET"), (":scheme", scheme), (":authority", "gateway.test"), (":path", path)];

    /// <summary>RFC 7541: every field a literal without indexing and without Huffman codes.</summary>
    private static byte[] Encode(IEnumerable<(string Name, string Value)> fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            AddText(block, name);
            AddText(block, value);
        }

        return [.. block];
    }

    private static void AddText(List<byte> block, string text)
    {
        const int prefix = 0x7F;
        if (text.Length < prefix)
        {
            block.Add((byte)text.Length);
        }
        else
        {
            block.Add(prefix);
            var rest = text.Length - prefix;
            for (; rest >= 0x80; rest >>= 7)
            {
                block.Add((byte)(rest | 0x80));
            }

            block.Add((byte)rest);
        }

        block.AddRange(Encoding.Latin1.GetBytes(text));
    }

    /// <summary>The first field of a response is its status: an entry of the static table (RFC 7541, appendix A) or a literal of three digits.</summary>
    private static int ReadStatus(byte[] block)
    {
        int[] known = [200, 204, 206, 304, 400, 404, 500];
        var start = Array.FindIndex(block, static first => (first & 0xE0) != 0x20);
        return block[start] >= 0x80
            ? known[(block[start] & 0x7F) - 8]
            : int.Parse(Encoding.ASCII.GetString(block, start + 2, 3), provider: null);
    }

    private static byte[] Frame(byte type, byte flags, int id, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)payload.Length);
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), id);
        payload.CopyTo(frame, 9);
        return frame;
    }

    private async Task WriteFrameAsync(byte type, byte flags, int id, byte[] payload, CancellationToken cancellation)
    {
        await stream.WriteAsync(Frame(type, flags, id, payload), cancellation);
        await stream.FlushAsync(cancellation);
    }

    /// <summary>Reads a frame, and acknowledges what a client has to.</summary>
    private async Task<(byte Type, byte Flags, int Stream, byte[] Payload)?> NextFrameAsync(CancellationToken cancellation)
    {
        var frame = await ReadFrameAsync(cancellation);
        if (frame is { Type: Settings or Ping, Flags: var flags } && (flags & Acknowledge) == 0)
        {
            await WriteFrameAsync(frame.Value.Type, Acknowledge, 0, frame.Value.Type == Ping ? frame.Value.Payload : [], cancellation);
        }

        return frame;
    }

    private async Task<(byte Type, byte Flags, int Stream, byte[] Payload)?> ReadFrameAsync(CancellationToken cancellation)
    {
        var head = new byte[9];
        try
        {
            await stream.ReadExactlyAsync(head, cancellation);
            var payload = new byte[(head[0] << 16) | BinaryPrimitives.ReadUInt16BigEndian(head.AsSpan(1))];
            await stream.ReadExactlyAsync(payload, cancellation);
            return (head[3], head[4], BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
