using System.Globalization;

namespace Opsen.Gateway.Requests;

/// <summary>How long a caller is willing to wait: <c>Prefer: wait=N</c> (RFC 7240, section 4.3), N in whole seconds.</summary>
internal static class WaitPreference
{
    /// <summary>The header.</summary>
    public const string Header = "Prefer";

    /// <summary>The header of an answer that heeds it.</summary>
    public const string AppliedHeader = "Preference-Applied";

    /// <summary>The preference; null without one. What cannot be read is passed over, as the RFC wants it, and of several the first counts.</summary>
    public static TimeSpan? Read(HttpContext context)
    {
        foreach (var line in context.Request.Headers[Header])
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var preference = line.AsSpan(range.Start.Value, range.End.Value - range.Start.Value).Trim();
                var parameters = preference.IndexOf(';');
                preference = parameters < 0 ? preference : preference[..parameters].TrimEnd();
                var equals = preference.IndexOf('=');
                if (equals > 0 && preference[..equals].TrimEnd().Equals("wait", StringComparison.OrdinalIgnoreCase)
                    && int.TryParse(preference[(equals + 1)..].Trim().Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                {
                    return TimeSpan.FromSeconds(seconds);
                }
            }
        }

        return null;
    }
}
