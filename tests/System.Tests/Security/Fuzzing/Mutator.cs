using System.Text;

namespace Opsen.System.Tests.Security.Fuzzing;

/// <summary>Changes well-formed input in the ways that break parsers: bits, bytes, pieces taken out, doubled or moved, numbers and words of trouble.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "\r\n", "\n", "\r", "\0", "\t", " ", ":", ";", ",", "\"", "\\", "{", "}", "[", "]", "%00", "%2e%2e%2f", "..", "//", "\u001b[31m", "\ufeff", "\u202e",
            "-1", "0", "1e309", "-0", "NaN", "99999999999999999999", "2147483648", "9223372036854775808", "0x10", "+5", "null", "true", "\"\"", "{}", "[]",
            "\\u0000", "\\ud800", "Content-Length: 5\r\n", "Content-Length: -1\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip\r\n",
            "Connection: close, X-A\r\n", "Connection: Upgrade\r\nUpgrade: websocket\r\n", "Expect: 100-continue\r\n", "Host: \r\n", "Max-Forwards: 0\r\n",
            "X-Tier: \u00e9\r\n", "Accept: text/event-stream\r\n", "Content-Encoding: gzip\r\n", "Range: bytes=0-\r\n", "HTTP/1.0", "HTTP/2.0", "CONNECT", "OPTIONS *",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>For decisions of the tests.</summary>
    public Random Random { get; } = new(seed);

    /// <summary>Changes bytes a few times; one time in eight not at all, so that what comes next is reached too.</summary>
    public byte[] Mutate(byte[] original)
    {
        var bytes = new List<byte>(original);
        for (var changes = Random.Next(8) == 0 ? 0 : 1 + (int)Math.Abs(Random.NextDouble() * Random.Next(6)); changes > 0; changes--)
        {
            Change(bytes);
        }

        return [.. bytes];
    }

    private void Change(List<byte> bytes)
    {
        var at = Random.Next(bytes.Count + 1);
        var length = Math.Min(bytes.Count - at, Random.Next(1, 16));
        switch (Random.Next(7))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << Random.Next(8));
                break;

            case 1 when at < bytes.Count:
                bytes[at] = (byte)Random.Next(256);
                break;

            case 2:
                bytes.RemoveRange(at, length);
                break;

            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;

            case 4:
                bytes.InsertRange(Random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;

            case 5 when Random.Next(20) == 0:
                bytes.InsertRange(at, Enumerable.Repeat((byte)Random.Next(256), Random.Next(5_000)));
                break;

            default:
                bytes.InsertRange(at, Words[Random.Next(Words.Length)]);
                break;
        }
    }
}
