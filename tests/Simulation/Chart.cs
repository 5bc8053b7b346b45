using System.Globalization;
using System.Net;
using System.Text;

namespace Opsen.Simulation;

/// <summary>A chart of horizontal bars in groups, as SVG that reads in light and dark.</summary>
/// <param name="title">What is shown.</param>
/// <param name="unit">Behind each number.</param>
internal sealed class Chart(string title, string unit)
{
    private const int Left = 190;
    private const int Width = 860;
    private const int RowHeight = 18;
    private const int GroupGap = 26;

    private readonly List<(string Group, List<(string Name, double Value, bool IsOurs)> Bars)> _groups = [];

    /// <summary>Adds a group; ours stand out.</summary>
    public void Add(string group, IEnumerable<(string Name, double Value, bool IsOurs)> bars) => _groups.Add((group, [.. bars]));

    public string ToSvg()
    {
        var svg = new StringBuilder();
        var height = 40 + _groups.Sum(static group => GroupGap + (RowHeight * group.Bars.Count)) + 10;
        var largest = _groups.Max(static group => group.Bars.Max(static bar => bar.Value));
        Line($"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" role="img" aria-label="{Escape(title)}">""");
        Line($$"""<style>text { font: 12px sans-serif; fill: #1f2328 } .t { font-weight: bold; font-size: 14px } .g { font-weight: bold } .o { fill: #0969da } .b { fill: #8c959f }""");
        Line($$"""@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .o { fill: #4493f8 } .b { fill: #6e7681 } }</style>""");
        Line($"""<text class="t" x="10" y="22">{Escape(title)}</text>""");
        var y = 40;
        foreach (var (group, bars) in _groups)
        {
            Line($"""<text class="g" x="10" y="{y + 14}">{Escape(group)}</text>""");
            y += GroupGap - 6;
            foreach (var (name, value, isOurs) in bars)
            {
                var length = Math.Max(1, value / largest * (Width - Left - 90));
                Line($"""<text x="{Left - 8}" y="{y + 13}" text-anchor="end">{Escape(name)}</text>""");
                Line($"""<rect class="{(isOurs ? "o" : "b")}" x="{Left}" y="{y + 3}" width="{length:0.0}" height="{RowHeight - 6}"/>""");
                Line($"""<text x="{Left + length + 6:0.0}" y="{y + 13}">{value:0.00}{Escape(unit)}</text>""");
                y += RowHeight;
            }

            y += 6;
        }

        Line($"</svg>");
        return svg.ToString();

        void Line(FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
