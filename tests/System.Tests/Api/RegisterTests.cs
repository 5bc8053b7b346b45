using System.Net;
using System.Text.Json.Nodes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public class RegisterTests(SharedDeployments shared)
{
    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Register_NewHost_IsListedButGetsNothingBeforeItsFirstReport(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var host = new TestHost();

        var reply = await server.PostPatientlyAsync("/register", host.Registration());

        reply.Expect(HttpStatusCode.OK);
        Assert.Equal("""{"status":"registered"}""", reply.Text);
        await Eventually.HoldsAsync("the host is listed", async () => await server.FindClientAsync(host.Id) is not null);
        var routed = await server.RouteAsync("tiny", near: host);
        Assert.False(routed.Status == HttpStatusCode.OK && routed["client_id"].GetString() == host.Id, routed.Text);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Register_WithoutClientId_AnswersWhatIsMissing(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var body = new TestHost().Registration();
        body.Remove("client_id");

        var reply = await server.PostPatientlyAsync("/register", body);

        Assert.Contains("client_id", reply.ExpectProblem(HttpStatusCode.BadRequest));
    }

    [Theory]
    [InlineData(Shape.Embedded, "http://127.0.0.1:7001/a", "http://127.0.0.1:7002/b", "http://127.0.0.1:7001/a")]
    [InlineData(Shape.Localhost, "http://127.0.0.1:7001/a", "http://127.0.0.1:7002/b", "http://127.0.0.1:7001/a")]
    [InlineData(Shape.Embedded, null, "http://127.0.0.1:7003/c", "http://127.0.0.1:7003/c")]
    [InlineData(Shape.Localhost, null, "http://127.0.0.1:7003/c", "http://127.0.0.1:7003/c")]
    [InlineData(Shape.Embedded, null, null, "http://10.1.2.3:11000")]
    [InlineData(Shape.Localhost, null, null, "http://10.1.2.3:11000")]
    public async Task Register_Endpoint_IsTheFirstOfEndpointsElseEndpointUrlElseTheLocalAddress(Shape shape, string? first, string? url, string expected)
    {
        var server = await shared.GetAsync(shape);
        var host = new TestHost { Endpoints = first is null ? null : [(first, []), ("http://127.0.0.1:7009", ["/x"])] };
        var body = host.Registration();
        body["endpoint_url"] = url;

        (await server.PostPatientlyAsync("/register", body)).Expect(HttpStatusCode.OK);

        await Eventually.HoldsAsync(
            $"its endpoint is {expected}",
            async () => (await server.FindClientAsync(host.Id))?.GetProperty("endpoint").GetString()?.TrimEnd('/') == expected);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Register_EndpointOfAnotherHost_ReplacesThatHost(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var old = await new TestHost { Url = "http://127.0.0.1:7010" }.JoinAsync(server);
        var young = new TestHost { Url = "http://127.0.0.1:7010" };

        await young.JoinAsync(server);

        await Eventually.HoldsAsync("the old host is gone", async () => await server.FindClientAsync(old.Id) is null);
        (await server.PostPatientlyAsync("/stats", old.Report())).ExpectProblem(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(Shape.Embedded)]
    [InlineData(Shape.Localhost)]
    public async Task Register_UnknownFields_AreIgnored(Shape shape)
    {
        var server = await shared.GetAsync(shape);
        var body = new TestHost().Registration();
        body["of_a_later_version"] = new JsonObject { ["x"] = 1 };

        (await server.PostPatientlyAsync("/register", body)).Expect(HttpStatusCode.OK);
    }
}
