using Opsen.Gateway.Proxy;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class ClimbingPathTests
{
    [Theory]
    [InlineData("/api/..%2fadmin")]
    [InlineData("/api/..%2Fadmin?x=1")]
    [InlineData("/api/%2e%2e%2fadmin")]
    [InlineData("/api/%2E./admin")]
    [InlineData("/api/..%5cadmin")]
    [InlineData("/api/..\\admin")]
    [InlineData("/api/x/..%2f..%2fadmin")]
    [InlineData("/api/..")]
    [InlineData("/api/..%2fapix")]
    [InlineData("/../api/x")]
    [InlineData("/api/..%2f..%2f..%2fetc/passwd")]
    public void ClimbsOut_PathThatLeadsElsewhere_IsTrue(string target) => Assert.True(new ProxyPathMatcher(["/api"]).ClimbsOut(target));

    [Theory]
    [InlineData("/api/x/../y")]
    [InlineData("/api/x%2f..%2fy")]
    [InlineData("/api/...")]
    [InlineData("/api/a..b")]
    [InlineData("/api/x?next=../../admin")]
    [InlineData("/api/%252e%252e%252fadmin")]
    [InlineData("/other/../api/x")]
    [InlineData("/api//x/..")]
    public void ClimbsOut_PathThatStays_IsFalse(string target) => Assert.False(new ProxyPathMatcher(["/api"]).ClimbsOut(target));

    [Fact]
    public void ClimbsOut_EverythingIsProxied_OnlyTheRootBounds()
    {
        var paths = new ProxyPathMatcher(["/"]);

        Assert.False(paths.ClimbsOut("/api/..%2fadmin"));
        Assert.True(paths.ClimbsOut("/..%2fetc/passwd"));
    }
}
