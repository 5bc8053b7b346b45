using System.Buffers;
using Opsen.Gateway.Listeners.PlainHttp2;
using Opsen.Gateway.Proxy.Http2;

namespace Opsen.Fuzz.Targets;

/// <summary>Frames of a backend: what is left of them does not depend on the pieces in which they come.</summary>
internal static class Http2Frames
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        Http2Preface.Match(new ReadOnlySequence<byte>(input.ToArray()));
        FrameFilter.AsksForAnswer(input);
        var size = input.IsEmpty ? 1 : 1 + (input[0] % 13);
        FuzzTargets.Require(Filter(input, int.MaxValue).SequenceEqual(Filter(input, size)), "pieces leave what the whole leaves");
    }

    /// <summary>Reads as the platform does: into a buffer that begins with what was held back.</summary>
    private static ReadOnlySpan<byte> Filter(ReadOnlySpan<byte> input, int size)
    {
        var (filter, left) = (new FrameFilter(), new List<byte>());
        var buffer = new byte[input.Length + 64];
        while (!input.IsEmpty)
        {
            var piece = input[..Math.Min(size, input.Length)];
            input = input[piece.Length..];
            var held = filter.TakeHeld(buffer);
            piece.CopyTo(buffer.AsSpan(held));
            left.AddRange(buffer.AsSpan(0, filter.Filter(buffer.AsSpan(0, held + piece.Length))));
        }

        // The rest of a frame that has not come would follow.
        left.AddRange(buffer.AsSpan(0, filter.TakeHeld(buffer)));
        return left.ToArray();
    }
}
