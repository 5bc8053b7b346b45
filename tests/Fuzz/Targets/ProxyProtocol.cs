using System.Buffers;
using Opsen.Gateway.Listeners.Addresses;

namespace Opsen.Fuzz.Targets;

/// <summary>The header of the PROXY protocol: while it comes it is unfinished, and what follows it changes nothing.</summary>
internal static class ProxyProtocol
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        var bytes = input.ToArray();
        var whole = ProxyHeader.Read(new ReadOnlySequence<byte>(bytes), out var length, out var source);
        FuzzTargets.Require(whole != ProxyHeaderState.Complete || (length > 0 && length <= bytes.Length), "a header is a part of what came");
        for (var end = 0; end < bytes.Length; end++)
        {
            var part = ProxyHeader.Read(new ReadOnlySequence<byte>(bytes, 0, end), out var partLength, out var partSource);
            var expected = whole == ProxyHeaderState.Complete && end >= length ? ProxyHeaderState.Complete : ProxyHeaderState.Unfinished;
            FuzzTargets.Require(part == expected || whole == ProxyHeaderState.Invalid, "a header is unfinished until it is complete");
            FuzzTargets.Require(part != ProxyHeaderState.Invalid || whole == ProxyHeaderState.Invalid, "what is none does not become one");
            FuzzTargets.Require(
                part != ProxyHeaderState.Complete || (partLength == length && Equals(partSource, source)) || whole != ProxyHeaderState.Complete, "it says the same");
        }
    }
}
