using Opsen.Gateway.Proxy.Http1;

namespace Opsen.Fuzz.Targets;

/// <summary>Heads of backends' responses: their end does not depend on the pieces in which they come, and what is parsed has a framing that can be.</summary>
internal static class ResponseHeads
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        var scanned = 0;
        var end = ResponseHead.FindEnd(input, ref scanned);
        FuzzTargets.Require(end == FindInPieces(input), "pieces end where the whole does");
        if (!ResponseHead.MayBegin(input) || end < 0 || end > ResponseHead.MaxBytes)
        {
            return;
        }

        var head = input[..end];
        var line = ResponseHead.ReadStatus(head, out var status, out var isHttp10);
        if (line < 0)
        {
            return;
        }

        FuzzTargets.Require(status is >= 100 and <= 999, "a status has three digits");
        ResponseHead.ReadUnusualReason(head, status);
        using var answer = new HttpResponseMessage { Content = new ResponseContent() };
        if (ResponseHead.ReadFields(head[line..], answer, ResponseHead.Put) && ResponseHead.TryReadFraming(answer, isHttp10, out var framing))
        {
            FuzzTargets.Require(framing is not { Length: < 0 } && !(framing.IsChunked && framing.Length is not null), "there is one framing");
        }
    }

    private static int FindInPieces(ReadOnlySpan<byte> input)
    {
        var (end, scanned) = (-1, 0);
        for (var length = 1; length <= input.Length && end < 0; length++)
        {
            end = ResponseHead.FindEnd(input[..length], ref scanned);
        }

        return end;
    }
}
