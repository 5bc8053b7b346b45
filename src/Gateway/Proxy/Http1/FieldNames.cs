using System.Buffers;
using System.Text;

namespace Opsen.Gateway.Proxy.Http1;

/// <summary>
/// Strings for the header fields that backends send: the same few names again and again, most with the value that the response before had, so that they need
/// not be made anew for every response.
/// </summary>
internal static class FieldNames
{
    private const int Slots = 512;
    private const int MaxCachedLength = 64;

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // Written without a lock: losing a race only wastes one string.
    private static readonly FieldName?[] Cache = new FieldName?[Slots];

    /// <summary>Whether the bytes are a token (RFC 9110, section 5.6.2).</summary>
    public static bool IsToken(ReadOnlySpan<byte> name) => !name.IsEmpty && !name.ContainsAnyExcept(TokenBytes);

    /// <summary>The name, or null if it is no token.</summary>
    public static FieldName? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length is 0 or > MaxCachedLength)
        {
            return IsToken(name) ? new FieldName(Encoding.ASCII.GetString(name)) : null;
        }

        var hash = (uint)((name[0] * 31) + (name[name.Length / 2] * 17) + (name[^1] * 7) + name.Length);
        ref var slot = ref Cache[hash % Slots];
        if (slot is { } known && Ascii.Equals(name, known.Text))
        {
            return known;
        }

        return IsToken(name) ? slot = new FieldName(Encoding.ASCII.GetString(name)) : null;
    }

    /// <summary>The name of a field, and the value that it was seen with last.</summary>
    /// <param name="text">The name.</param>
    public sealed class FieldName(string text)
    {
        private string _lastValue = "";

        /// <summary>The name.</summary>
        public string Text => text;

        /// <summary>A value of the field as a string of Latin-1.</summary>
        public string Read(ReadOnlySpan<byte> value)
        {
            var last = _lastValue;
            if (Ascii.Equals(value, last))
            {
                return last;
            }

            var read = Encoding.Latin1.GetString(value);
            if (value.Length <= MaxCachedLength)
            {
                _lastValue = read;
            }

            return read;
        }
    }
}
