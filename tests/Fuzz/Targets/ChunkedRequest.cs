using Opsen.Gateway.Listeners.Http1;

namespace Opsen.Fuzz.Targets;

/// <summary>A chunked request body: the verdict does not depend on the pieces in which it comes.</summary>
internal static class ChunkedRequest
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        var whole = new ChunkedSyntax();
        var taken = whole.Take(input);
        FuzzTargets.Require(taken <= input.Length && taken >= -1, "no more is taken than there is");
        FuzzTargets.Require(taken < 0 || taken == input.Length || whole.IsOver, "all is taken unless the body ended");

        var (pieces, sum) = (new ChunkedSyntax(), 0);
        for (var i = 0; i < input.Length && sum >= 0 && !pieces.IsOver; i++)
        {
            var one = pieces.Take(input.Slice(i, 1));
            sum = one < 0 ? -1 : sum + one;
        }

        FuzzTargets.Require(sum == taken && (taken < 0 || pieces.IsOver == whole.IsOver), "pieces are judged as the whole is");
    }
}
