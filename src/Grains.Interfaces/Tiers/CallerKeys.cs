namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>
/// Keys by which callers ask for one placement more than once (<c>Idempotency-Key</c>). To the index such a key is a session of its own, which has one
/// reservation; no session's id looks like one, because a header has no control characters.
/// </summary>
public static class CallerKeys
{
    private const char Mark = '\u0001';

    /// <summary>The key as the index knows it.</summary>
    /// <param name="digest">What tells keys apart.</param>
    public static string Format(ReadOnlySpan<byte> digest) => $"{Mark}{Convert.ToHexStringLower(digest)}";

    /// <summary>Whether a session of the index is such a key.</summary>
    public static bool IsKey(string? stickyId) => stickyId is [Mark, ..];
}
