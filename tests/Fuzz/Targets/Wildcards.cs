using System.Text;
using System.Text.RegularExpressions;
using Opsen.Gateway.Requests;

namespace Opsen.Fuzz.Targets;

/// <summary>A path pattern and a path: they match where a regular expression says so.</summary>
internal static class Wildcards
{
    public static void Run(ReadOnlySpan<byte> input)
    {
        var separator = input.IndexOf((byte)'\n');
        if (separator < 0 || input.Length > 200)
        {
            return;
        }

        var pattern = Encoding.Latin1.GetString(input[..separator]);
        var path = Encoding.Latin1.GetString(input[(separator + 1)..]);
        var expression = "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "\\z";
        var expected = Regex.IsMatch(path, expression, RegexOptions.Singleline | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        FuzzTargets.Require(WildcardPattern.IsMatch(path, pattern) == expected, "both agree");
    }
}
