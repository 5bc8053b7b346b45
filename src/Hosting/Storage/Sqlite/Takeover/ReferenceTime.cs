using System.Globalization;
using System.Text.RegularExpressions;

namespace Opsen.Hosting.Storage.Sqlite.Takeover;

/// <summary>
/// Times as the Go program stores them: of SQLite's own clock (<c>2026-01-02 15:04:05</c>), of its driver (<c>2026-01-02 15:04:05.999999999+00:00</c>, RFC
/// 3339), or as Go prints a time (<c>2026-01-02 15:04:05.999999999 +0000 UTC m=+0.1</c>).
/// </summary>
internal static partial class ReferenceTime
{
    /// <summary>Digits of a fraction that .NET can hold.</summary>
    private const int FractionDigits = 7;

    /// <summary>The time; null when the text is none. Without a zone it is UTC.</summary>
    public static DateTimeOffset? Parse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return null;
        }

        var fraction = match.Groups["fraction"].Value;
        var zone = match.Groups["zone"].Value;
        var normal = string.Concat(
            match.Groups["date"].ValueSpan,
            "T",
            match.Groups["time"].ValueSpan,
            $".{fraction[..Math.Min(fraction.Length, FractionDigits)].PadRight(FractionDigits, '0')}{(zone is "" or "Z" ? "+00:00" : zone.Insert(3, zone.Contains(':', StringComparison.Ordinal) ? "" : ":"))}");
        return DateTimeOffset.TryParseExact(normal, "yyyy-MM-dd'T'HH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.ToUniversalTime() : null;
    }

    // What follows, such as the name of the zone and the reading of the monotonic clock, adds nothing.
    [GeneratedRegex(@"^\s*(?<date>\d{4}-\d\d-\d\d)[T ](?<time>\d\d:\d\d:\d\d)(\.(?<fraction>\d+))?\s*(?<zone>Z|[+-]\d\d:?\d\d)?", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
