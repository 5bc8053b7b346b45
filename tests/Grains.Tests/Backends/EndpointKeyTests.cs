using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Tests.Backends;

public sealed class EndpointKeyTests
{
    [Theory]
    [InlineData("http://h", "http://h:80")]
    [InlineData("http://h", "http://h:0080/")]
    [InlineData("http://h", "HTTP://H")]
    [InlineData("https://h", "https://h:443")]
    [InlineData("http://[::1]", "http://[0:0:0:0:0:0:0:1]")]
    [InlineData("http://h/a", "http://h/%61")]
    [InlineData("http://h/a%2fb", "http://h/a%2Fb")]
    [InlineData("http://h/a", "http://h/x/../a/")]
    public void Of_OneEndpointWrittenInTwoWays_IsTheSame(string one, string other) => Assert.Equal(EndpointKey.Of(one), EndpointKey.Of(other));

    [Theory]
    [InlineData("http://h", "https://h")]
    [InlineData("http://h", "http://h:8080")]
    [InlineData("http://h/Team-A", "http://h/team-a")]
    [InlineData("http://h/a%2Fb", "http://h/a/b")]
    [InlineData("http://h", "http://h.")]
    public void Of_TwoEndpoints_Differs(string one, string other) => Assert.NotEqual(EndpointKey.Of(one), EndpointKey.Of(other));
}
