using Opsen.Gateway.Proxy.Http1;
using Opsen.Gateway.Proxy.Streams;

namespace Opsen.Fuzz.Targets;

/// <summary>Bodies of backends' responses: what is read, and whether it ends well, depends neither on the pieces in which it comes nor on the reader's
/// buffer.</summary>
internal static class ResponseBodies
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        if (input.IsEmpty)
        {
            return;
        }

        // The first byte chooses the framing, the rest is what the connection brings.
        var framing = new ResponseFraming(input[0] == 0 ? null : input[0] < 128 ? input[0] : null, input[0] >= 128, KeepsConnection: true);
        var bytes = input[1..].ToArray();
        var (whole, isWell) = Read(bytes, framing, int.MaxValue, 16 * 1024);
        var (pieces, isWellInPieces) = Read(bytes, framing, 1, 1 + (input[0] % 7));
        FuzzTargets.Require(isWell == isWellInPieces, "pieces end as the whole does");
        FuzzTargets.Require(!isWell || whole.AsSpan().SequenceEqual(pieces), "pieces are what the whole is");
        FuzzTargets.Require(!isWell || framing.Length is null || whole.Length == framing.Length, "a body has its length");
    }

    private static (byte[] Body, bool IsWell) Read(byte[] bytes, ResponseFraming framing, int piece, int buffer)
    {
        using var answer = new HttpResponseMessage { Content = new ResponseContent() };
        using var connection = new Http1Connection(null!, null!, new Pieces(bytes, piece), TimeProvider.System);
        connection.Begin(CancellationToken.None);
        connection.Append(connection.ReceiveAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult());
        ((ResponseContent)answer.Content).Begin(connection, answer, framing, hasBody: true);
        using var body = answer.Content.ReadAsStreamAsync().GetAwaiter().GetResult();
        using var read = new MemoryStream();
        var taken = new byte[buffer];
        try
        {
            for (var count = Take(body, taken); count > 0; count = Take(body, taken))
            {
                read.Write(taken, 0, count);
            }

            return (read.ToArray(), true);
        }
        catch (BackendFaultException)
        {
            return (read.ToArray(), false);
        }
    }

    private static int Take(Stream body, byte[] buffer) => body.ReadAsync(buffer, CancellationToken.None).AsTask().GetAwaiter().GetResult();

    /// <summary>Brings bytes in pieces.</summary>
    private sealed class Pieces(byte[] bytes, int size) : ReadOnlyStream
    {
        private int _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(Math.Min(size, buffer.Length), bytes.Length - _at);
            bytes.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return new(count);
        }
    }
}
