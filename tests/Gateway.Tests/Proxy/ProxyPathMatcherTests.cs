using Opsen.Gateway.Proxy;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ProxyPathMatcherTests
{
    [Theory]
    [InlineData("/api", "/api", true)]
    [InlineData("/api", "/api/", true)]
    [InlineData("/api", "/api/v1/x", true)]
    [InlineData("/api", "/apiary", false)]
    [InlineData("/api", "/API", false)]
    [InlineData("/api", "/", false)]
    [InlineData("/api", "", false)]
    [InlineData("/api/", "/api", true)]
    [InlineData("/api/", "/api/x", true)]
    [InlineData("/api/*", "/api", true)]
    [InlineData("/api/*", "/api/x/y", true)]
    [InlineData("/api/*", "/apix", false)]
    [InlineData("/api/v1", "/api", false)]
    [InlineData("api", "/api/x", true)]
    [InlineData("/", "/anything/at/all", true)]
    [InlineData("*", "/anything", true)]
    [InlineData("/*", "/anything", true)]
    [InlineData("/*", "", true)]
    [InlineData("", "/anything", false)]
    public void Matches_OnePrefix_FollowsWholeSegments(string prefix, string path, bool expected) =>
        Assert.Equal(expected, new ProxyPathMatcher([prefix]).Matches(path));

    [Fact]
    public void Matches_NoPrefixes_ProxiesNothing() => Assert.False(new ProxyPathMatcher([]).Matches("/api"));

    [Fact]
    public void Matches_SeveralPrefixes_AnyOfThemCounts()
    {
        var matcher = new ProxyPathMatcher(["/api", "/browse"]);

        Assert.True(matcher.Matches("/browse/1"));
        Assert.True(matcher.Matches("/api"));
        Assert.False(matcher.Matches("/health"));
    }
}
