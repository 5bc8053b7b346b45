using System.Buffers.Binary;
using System.IO.Pipelines;
using Opsen.Gateway.Listeners.Http2;

namespace Opsen.Gateway.Tests.Listeners;

/// <summary>Frames of all kinds in pieces of all lengths: the streams that have ended are those that the frames ended.</summary>
public sealed class SentStreamsTests
{
    [Fact]
    public async Task Read_RandomFramesInRandomPieces_EndsExactlyTheStreamsThatTheFramesEnd()
    {
        var random = new Random(20261126);
        for (var round = 0; round < 300; round++)
        {
            var streams = new SentStreams();
            var watched = Enumerable.Range(0, 20).Select(static i => (2 * i) + 1).ToDictionary(static id => id, streams.Watch);
            var ended = new HashSet<int>();
            using var bytes = new MemoryStream();
            for (var frame = 0; frame < 60; frame++)
            {
                var (type, flags, id) = ((byte)random.Next(11), (byte)random.Next(256), (2 * random.Next(25)) + 1);
                bytes.Write(Frame(type, flags, id, random.Next(4) == 0 ? random.Next(20_000) : random.Next(20), reserved: random.Next(2) == 0));
                if (type == 3 || (type is 0 or 1 && (flags & 1) != 0))
                {
                    ended.Add(id);
                }
            }

            var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            var output = new WatchedOutput(pipe.Writer, streams);
            await WriteAsync(output, bytes.ToArray(), random);

            Assert.Equal(bytes.ToArray(), await ReadAsync(pipe.Reader));
            Assert.Equal(watched.Keys.Where(ended.Contains), watched.Where(static pair => pair.Value.IsCompletedSuccessfully).Select(static pair => pair.Key));
        }
    }

    /// <summary>Frames written in each way that a pipe has.</summary>
    private static async Task WriteAsync(WatchedOutput output, ReadOnlyMemory<byte> rest, Random random)
    {
        while (!rest.IsEmpty)
        {
            var piece = rest[..Math.Min(rest.Length, random.Next(1, random.Next(3) == 0 ? 5000 : 12))];
            rest = rest[piece.Length..];
            switch (random.Next(3))
            {
                case 0:
                    await output.WriteAsync(piece);
                    break;

                case 1:
                    piece.Span.CopyTo(output.GetSpan(piece.Length));
                    output.Advance(piece.Length);
                    break;

                default:
                    // Memory that was lent once may be filled in several steps.
                    var (memory, half) = (output.GetMemory(piece.Length), piece.Length / 2);
                    piece.Span.CopyTo(memory.Span);
                    output.Advance(half);
                    output.Advance(piece.Length - half);
                    break;
            }
        }

        await output.CompleteAsync();
    }

    private static async Task<byte[]> ReadAsync(PipeReader reader)
    {
        using var all = new MemoryStream();
        await reader.CopyToAsync(all);
        return all.ToArray();
    }

    private static byte[] Frame(byte type, byte flags, int id, int length, bool reserved)
    {
        var frame = new byte[9 + length];
        frame[0] = (byte)(length >> 16);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(1), (ushort)length);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), reserved ? id | int.MinValue : id);
        return frame;
    }
}
