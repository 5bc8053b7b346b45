using System.Text;
using Microsoft.Net.Http.Headers;

namespace Opsen.Gateway.Listeners.Http1;

/// <summary>
/// Decodes <c>Content-Length</c> where it has digits only (RFC 9110, section 8.6). The server's own parser takes "+5" and "-0" and hands out 5 and 0, so that
/// no later check sees what another server may read differently. What is no digit becomes a letter, which the parser refuses.
/// </summary>
internal sealed class ContentLengthEncoding : Encoding
{
    private const char Refused = 'x';

    private static readonly ContentLengthEncoding Instance = new();

    private ContentLengthEncoding()
    {
    }

    /// <summary>The encoding of a request header's value: this one for <c>Content-Length</c>; every other value keeps its bytes, whatever they mean.</summary>
    public static Encoding Select(string header) => header == HeaderNames.ContentLength ? Instance : Latin1;

    /// <inheritdoc/>
    public override int GetByteCount(char[] chars, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    /// <inheritdoc/>
    public override int GetCharCount(byte[] bytes, int index, int count) => count;

    /// <inheritdoc/>
    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    /// <inheritdoc/>
    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        for (var i = 0; i < bytes.Length && i < chars.Length; i++)
        {
            chars[i] = char.IsAsciiDigit((char)bytes[i]) ? (char)bytes[i] : Refused;
        }

        return Math.Min(bytes.Length, chars.Length);
    }

    /// <inheritdoc/>
    public override int GetMaxByteCount(int charCount) => charCount;

    /// <inheritdoc/>
    public override int GetMaxCharCount(int byteCount) => byteCount;
}
