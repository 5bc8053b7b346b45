using System.Text;
using System.Text.Unicode;

namespace Opsen.Gateway.Requests;

/// <summary>Decodes the header values that the gateway itself interprets. The listener reads headers as Latin-1 so that they pass byte for byte; callers send
/// UTF-8.</summary>
internal static class HeaderText
{
    /// <summary>Decodes the value's bytes as UTF-8 if they are valid UTF-8, else returns it unchanged.</summary>
    public static string Decode(string value)
    {
        if (Ascii.IsValid(value))
        {
            return value;
        }

        var bytes = Encoding.Latin1.GetBytes(value);
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : value;
    }
}
