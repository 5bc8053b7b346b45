using System.Text.RegularExpressions;

namespace Opsen.Architecture.Tests;

/// <summary>Dashboards, alerts and the operator's guide name what there is.</summary>
public sealed partial class OperationsTests
{
    private static readonly string Guide = File.ReadAllText(Path.Combine(SourceTests.Root, "docs", "OPERATIONS.md"));

    [Theory]
    [InlineData("deploy/prometheus/opsen.rules.yml")]
    [InlineData("deploy/grafana/opsen.json")]
    [InlineData("docs/OPERATIONS.md")]
    [InlineData("README.md")]
    public void Metrics_ThatAFileNames_ExistInTheCode(string file)
    {
        var instruments = SourceTests.Files("src").SelectMany(static source => Instrument().Matches(File.ReadAllText(source)))
            .Select(static match => match.Groups[1].Value.Replace('.', '_'))
            .ToHashSet(StringComparer.Ordinal);
        var named = Metric().Matches(File.ReadAllText(Path.Combine(SourceTests.Root, file)))
            .Select(static match => match.Value)
            .ToHashSet(StringComparer.Ordinal);

        Assert.Equal([], named.Where(name => !instruments.Contains(Suffix().Replace(name, "")) && !instruments.Contains(name)));
    }

    [Fact]
    public void Alerts_HaveAPlaceInTheGuide_AndNoOthersAreThere()
    {
        var alerts = Alert().Matches(File.ReadAllText(Path.Combine(SourceTests.Root, "deploy", "prometheus", "opsen.rules.yml")))
            .Select(static match => match.Groups[1].Value);
        var explained = Heading().Matches(Guide).Select(static match => match.Groups[1].Value);

        Assert.Equal(alerts.Order(StringComparer.Ordinal), explained.Order(StringComparer.Ordinal));
    }

    /// <summary>OpenTelemetry's name in the code, or Prometheus' where the code writes that itself.</summary>
    [GeneratedRegex("\"(opsen[._][a-z_.]+)\"")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"\bopsen_[a-z_]+(?![a-z_]*[/.])")]
    private static partial Regex Metric();

    /// <summary>What the exporter adds: unit and kind.</summary>
    [GeneratedRegex("(_seconds)?(_total|_bucket|_sum|_count)?$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"^### (Opsen\w+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
