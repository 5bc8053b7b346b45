using System.Net;
using System.Security.Cryptography;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Proxy;

public class ProxyTests(ProxiedFleets fleets) : IClassFixture<ProxiedFleets>
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Proxy_RequestWithBody_ArrivesUnchangedWithTheHostsHeaders(Shape shape)
    {
        var (server, host) = await fleets.GetAsync(shape);
        var body = RandomNumberGenerator.GetBytes(300_000);

        var reply = await server.SendAsync(
            HttpMethod.Put, "/app/a%20b/c?x=1&y=%2F", new ByteArrayContent(body), ("X-Tier", "tiny"));

        reply.Expect(HttpStatusCode.OK);
        Assert.Equal("first", reply["name"].GetString());
        Assert.Equal("PUT", reply["method"].GetString());
        Assert.Equal("/app/a b/c", reply["path"].GetString());
        Assert.Equal("?x=1&y=%2F", reply["query"].GetString());
        Assert.Equal(body.Length, reply["body_bytes"].GetInt32());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(body)), reply["body_sha256"].GetString());
        var headers = reply["headers"];
        Assert.Equal(host.Id, headers.GetProperty("X-LB-Client-ID").GetString());
        Assert.Equal($"{host.Id}.test", headers.GetProperty("X-LB-Hostname").GetString());
        Assert.Equal("127.0.0.1", headers.GetProperty("X-Forwarded-For").GetString());
        Assert.Equal("http", headers.GetProperty("X-Forwarded-Proto").GetString());
        Assert.Equal(server.Address.Authority, headers.GetProperty("X-Forwarded-Host").GetString());
    }

    [Theory]
    [InlineData(Shape.Embedded, "body")]
    [InlineData(Shape.Embedded, "query")]
    [InlineData(Shape.Embedded, "header")]
    [InlineData(Shape.Localhost, "body")]
    public async Task Proxy_Tier_IsTakenFromBodyQueryOrHeader(Shape shape, string place)
    {
        var (server, host) = await fleets.GetAsync(shape);

        var reply = place switch
        {
            "body" => await server.PostTextAsync("/app/x", """{"a":{"tier":"huge"},"tier":"tiny"}""", ("X-Tier", "huge")),
            "query" => await server.GetAsync("/app/x?tier=tiny", ("X-Tier", "huge")),
            _ => await server.GetAsync("/app/x", ("X-Tier", "tiny")),
        };

        reply.Expect(HttpStatusCode.OK);
        Assert.Equal(host.Id, reply["headers"].GetProperty("X-LB-Client-ID").GetString());
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Proxy_NoHostFits_Answers503(Shape shape)
    {
        var (server, _) = await fleets.GetAsync(shape);

        var reply = await server.GetAsync("/app/x?tier=huge");

        reply.ExpectProblem(HttpStatusCode.ServiceUnavailable);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Proxy_PathOutsideOfTheEndpoints_IsNotProxied(Shape shape)
    {
        var (server, _) = await fleets.GetAsync(shape);

        (await server.GetAsync("/apple")).ExpectProblem(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Proxy_PathPatterns_ChooseTheHostsEndpoint(Shape shape)
    {
        var (server, _) = await fleets.GetAsync(shape);

        var byPrefix = await server.GetAsync("/app/v1/x?tier=tiny");
        var byPattern = await server.GetAsync("/app/v2/users?tier=tiny");
        var byNone = await server.GetAsync("/app/else?tier=tiny");

        Assert.Equal("first", byPrefix.Expect(HttpStatusCode.OK)["name"].GetString());
        Assert.Equal("second", byPattern.Expect(HttpStatusCode.OK)["name"].GetString());
        Assert.Equal("first", byNone.Expect(HttpStatusCode.OK)["name"].GetString());
    }
}
