using System.Text;
using System.Text.Unicode;

namespace Opsen.Gateway.Requests;

/// <summary>Reads header values that mean something to the gateway. The listener takes them as Latin-1, so that they pass byte for byte; people send them as UTF-8.</summary>
internal static class HeaderText
{
    /// <summary>The text of a value: its bytes as UTF-8 where they are that, else as they are.</summary>
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
