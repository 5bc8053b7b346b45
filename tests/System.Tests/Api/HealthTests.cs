using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public class HealthTests(SharedDeployments shared)
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Health_HostJoins_CountsIt(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var before = (await server.GetAsync("/health")).Expect(HttpStatusCode.OK);

        await new TestHost().JoinAsync(server);

        var after = (await server.GetAsync("/health")).Expect(HttpStatusCode.OK);
        Assert.Equal("ok", after["status"].GetString());
        Assert.InRange(after["timestamp"].GetDateTimeOffset(), before["timestamp"].GetDateTimeOffset(), DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.Equal(before["total_clients"].GetInt32() + 1, after["total_clients"].GetInt32());
        Assert.Equal(before["active_clients"].GetInt32() + 1, after["active_clients"].GetInt32());
    }
}
