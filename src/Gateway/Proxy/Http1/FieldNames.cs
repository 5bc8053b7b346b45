using System.Buffers;
using System.Text;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>Strings for the header names that backends send: the same few again and again, so that they need not be made anew for every answer.</summary>
internal static class FieldNames
{
    private const int Slots = 512;
    private const int MaxCachedLength = 64;

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // Written without a lock: whoever loses a race has made a string for nothing.
    private static readonly string?[] Cache = new string?[Slots];

    /// <summary>Whether the bytes are a token (RFC 9110, section 5.6.2).</summary>
    public static bool IsToken(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(TokenBytes);

    /// <summary>The name as a string, or null if it is no token.</summary>
    public static string? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > MaxCachedLength)
        {
            return IsToken(name) ? Encoding.ASCII.GetString(name) : null;
        }

        var hash = (uint)name.Length;
        foreach (var character in name)
        {
            hash = (hash * 31) + character;
        }

        ref var slot = ref Cache[hash % Slots];
        if (slot is { } known && Ascii.Equals(name, known))
        {
            return known;
        }

        return IsToken(name) ? slot = Encoding.ASCII.GetString(name) : null;
    }
}
