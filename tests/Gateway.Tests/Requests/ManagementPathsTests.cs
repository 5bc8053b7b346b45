using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Tests.Requests;

public sealed class ManagementPathsTests
{
    [Theory]
    [InlineData("/register")]
    [InlineData("/Register/")]
    [InlineData("/stats")]
    [InlineData("/route")]
    [InlineData("/health")]
    [InlineData("/clients")]
    [InlineData("/clients/purge")]
    [InlineData("/CLIENTS/a/b")]
    [InlineData("/reservations")]
    [InlineData("/reservations/1")]
    [InlineData("/decisions/1")]
    [InlineData("/sessions/1")]
    public void Contains_OwnPath_IsTrue(string path) => Assert.True(ManagementPaths.Contains(path));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/registered")]
    [InlineData("/register/x")]
    [InlineData("/stats/daily")]
    [InlineData("/route/x")]
    [InlineData("/health/live")]
    [InlineData("/clientsx")]
    [InlineData("/api/register")]
    public void Contains_OtherPath_IsFalse(string path) => Assert.False(ManagementPaths.Contains(path));

    [Theory]
    [InlineData("/health", true)]
    [InlineData("/HEALTH/", true)]
    [InlineData("/health/x", false)]
    [InlineData("/healthy", false)]
    [InlineData("/clients", false)]
    public void IsHealth_Path_KnowsOnlyTheCall(string path, bool expected) => Assert.Equal(expected, ManagementPaths.IsHealth(path));
}
