using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Opsen.Gateway.Proxy.Backends;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class EndpointTableTests
{
    private static readonly EndpointTable Table = new(
    [
        new("http://main:1", ["/v1", "/api", "/auth", "/same"]),
        new("http://rest:1", ["/", "/same"]),
        new("http://deep:1", ["/api/v2", "/slash/"]),
        new("http://wild:1", ["/v1/*/raw", "*.png", "/files/?", "/files/??*"]),
    ]);

    [Theory]
    [InlineData("/v1", "http://main:1")]
    [InlineData("/v1/sessions", "http://main:1")]
    [InlineData("/v1x", "http://rest:1")]
    [InlineData("/V1", "http://rest:1")]
    [InlineData("/api/v2/users", "http://deep:1")]
    [InlineData("/api/v2", "http://deep:1")]
    [InlineData("/api/v22", "http://main:1")]
    [InlineData("/api//v2", "http://main:1")]
    [InlineData("/slash/x", "http://deep:1")]
    [InlineData("/slash", "http://rest:1")]
    [InlineData("/same/x", "http://main:1")]
    [InlineData("/v1/a/raw", "http://main:1")]
    [InlineData("/a.png", "http://rest:1")]
    [InlineData("/", "http://rest:1")]
    [InlineData("", "http://main:1")]
    public void Select_ExactAndPrefixPatterns_LongestWinsBeforeWildcards(string path, string expected) =>
        Assert.Equal(expected, Table.Select(path).Prefix);

    [Theory]
    [InlineData("/v1/a/b/raw", "http://deep:1")]
    [InlineData("/x/y.png", "http://any:1")]
    [InlineData("/files/7", "http://one:1")]
    [InlineData("/files/77", "http://more:1")]
    [InlineData("/files/", "http://first:1")]
    [InlineData("/other", "http://first:1")]
    public void Select_WildcardPatterns_LongestWinsElseFirstEndpoint(string path, string expected)
    {
        var table = new EndpointTable(
        [
            new("http://first:1", []),
            new("http://any:1", ["*.png", "*raw"]),
            new("http://deep:1", ["/v1/*/raw"]),
            new("http://one:1", ["/files/?"]),
            new("http://more:1", ["/files/??*"]),
        ]);

        Assert.Equal(expected, table.Select(path).Prefix);
    }

    [Fact]
    public void Select_RandomTables_AgreesWithTheRuleReadNaively()
    {
        var random = new Random(20260101);
        for (var round = 0; round < 3000; round++)
        {
            var endpoints = Enumerable.Range(0, random.Next(1, 4))
                .Select(i => new BackendEndpoint($"http://host:{i + 1}", Patterns(random)))
                .ToImmutableArray();
            var table = new EndpointTable(endpoints);
            for (var query = 0; query < 20; query++)
            {
                var path = "/" + Text(random, "ab/", 6);
                var expected = SelectNaively(endpoints, path);
                var actual = table.Select(path).Prefix;
                var shown = string.Join(", ", endpoints.Select(endpoint => $"{endpoint.Url}=[{string.Join(' ', endpoint.Paths)}]"));
                Assert.True(expected == actual, $"{path} in {shown}: expected {expected}, was {actual}");
            }
        }
    }

    [Fact]
    public void For_SameRegistration_CompilesOnce()
    {
        var registration = new BackendRegistration { ClientId = "a", Pool = "default", Endpoints = [new("http://a:1", [])] };

        Assert.Same(EndpointTable.For(registration), EndpointTable.For(registration));
    }

    [Fact]
    public void Select_ManySlashesInThePath_StaysCheap()
    {
        var table = new EndpointTable([new("http://first:1", ["/a"]), new("http://wild:1", ["*a*a*a*a*a*a*b"])]);
        var path = string.Concat(Enumerable.Repeat("/a", 4000));

        Assert.Equal("http://first:1", table.Select(path).Prefix);
        Assert.Equal("http://first:1", table.Select("/x" + path).Prefix);
    }

    private static ImmutableArray<string> Patterns(Random random) =>
        [.. Enumerable.Range(0, random.Next(0, 4)).Select(_ => "/" + Text(random, "ab/*?", 4))];

    private static string Text(Random random, string alphabet, int longest) =>
        new([.. Enumerable.Range(0, random.Next(0, longest + 1)).Select(_ => alphabet[random.Next(alphabet.Length)])]);

    private static string SelectNaively(ImmutableArray<BackendEndpoint> endpoints, string path) => endpoints
        .SelectMany(endpoint => endpoint.Paths.Select(pattern => (endpoint.Url, pattern, kind: Kind(pattern, path))))
        .Where(match => match.kind > 0)
        .OrderByDescending(match => match.kind)
        .ThenByDescending(match => match.pattern.Length)
        .Select(match => match.Url)
        .FirstOrDefault(endpoints[0].Url);

    private static int Kind(string pattern, string path)
    {
        if (pattern.Contains('*', StringComparison.Ordinal) || pattern.Contains('?', StringComparison.Ordinal))
        {
            var regex = "^" + Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal).Replace("\\?", ".", StringComparison.Ordinal) + "$";
            return Regex.IsMatch(path, regex, RegexOptions.Singleline) ? 1 : 0;
        }

        var isPrefix = path.StartsWith(pattern, StringComparison.Ordinal) && path.StartsWith(pattern.TrimEnd('/') + "/", StringComparison.Ordinal);
        return path == pattern ? 3 : isPrefix ? 2 : 0;
    }

    [Theory]
    [InlineData("http://10.0.0.5:8000/", "http://10.0.0.5:8000/x")]
    [InlineData("http://10.0.0.5/a%2Fb/", "http://10.0.0.5/a%2Fb/x")]
    [InlineData("http://10.0.0.5/\u00E9", "http://10.0.0.5:80/%C3%A9/x")]
    [InlineData("https://b\u00FCcher.example:8443", "https://xn--bcher-kva.example:8443/x")]
    public void Address_EndpointBeyondAscii_IsWrittenInAscii(string url, string expected) =>
        Assert.Equal(new Uri(expected).AbsoluteUri, new BackendTarget(url).Address("/x").AbsoluteUri);
}
