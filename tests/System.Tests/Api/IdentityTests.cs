using System.Net;
using System.Text;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

/// <summary>Whatever can be registered or routed can be addressed, and the other way round.</summary>
[Collection(SharedDeploymentTests.Name)]
public class IdentityTests(SharedDeployments shared)
{
    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("purge")]
    [InlineData("purge-pending")]
    public async Task Register_IdThatNoPathCanName_Answers400(string id)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        (await server.PostAsync("/register", new TestHost { Id = id }.Registration())).ExpectProblem(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("a/../b")]
    [InlineData("..\\x")]
    [InlineData("../x")]
    [InlineData("x/..")]
    [InlineData("größer")]
    [InlineData("a%2Fb")]
    [InlineData("...")]
    public async Task Host_WithAnOddId_CanBeDrainedAndRemoved(string id)
    {
        var server = await shared.GetAsync(Shape.Embedded);
        await new TestHost { Id = id }.JoinAsync(server);

        Assert.Equal(id, (await SendAsync(server, HttpMethod.Post, $"/clients/{Encode(id)}/drain")).Expect(HttpStatusCode.OK)["client_id"].GetString());
        (await SendAsync(server, HttpMethod.Delete, $"/clients/{Encode(id)}")).Expect(HttpStatusCode.NoContent);

        await Eventually.HoldsAsync("the host is gone", async () => await server.FindClientAsync(id) is null);
    }

    [Theory]
    [InlineData("a/../b")]
    [InlineData("..\\x")]
    [InlineData("größer")]
    [InlineData("会话")]
    public async Task Session_WithAnOddId_CanBeFoundAndEnded(string id)
    {
        var server = await shared.GetAsync(Shape.Embedded);
        await new TestHost().JoinAsync(server);

        // As browsers and most programs send it: its bytes in UTF-8.
        var sent = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(id));
        using var request = new HttpRequestMessage(HttpMethod.Post, "/route") { Content = new StringContent("""{"tier":"tiny"}""", Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("X-Session-ID", sent);
        using var routed = await Latin1Client(server).SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, routed.StatusCode);

        Assert.Equal(id, (await SendAsync(server, HttpMethod.Get, $"/sessions/{Encode(id)}")).Expect(HttpStatusCode.OK)["sessions"][0].GetProperty("sticky_id").GetString());
        (await SendAsync(server, HttpMethod.Delete, $"/sessions/{Encode(id)}")).Expect(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    public async Task Route_SessionThatNoPathCanName_Answers400(string id)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        (await server.RouteAsync("tiny", id)).ExpectProblem(HttpStatusCode.BadRequest);
        (await server.GetAsync("/app", ("X-Session-ID", id), ("X-Tier", "tiny"))).ExpectProblem(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("/clients/%20/drain")]
    [InlineData("/clients/%20%09/maintenance")]
    public async Task Host_BlankId_Answers404(string path)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        (await SendAsync(server, HttpMethod.Post, path)).ExpectProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Register_OneEndpointWrittenInTwoWays_IsOneHost()
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var first = await new TestHost { Url = "http://twice.example/%61" }.JoinAsync(server);
        var second = await new TestHost { Url = "http://TWICE.example:0080/a" }.JoinAsync(server);
        var other = await new TestHost { Url = "http://twice.example/A" }.JoinAsync(server);

        await Eventually.HoldsAsync("the first one is gone", async () => await server.FindClientAsync(first.Id) is null);

        Assert.NotNull(await server.FindClientAsync(second.Id));
        Assert.NotNull(await server.FindClientAsync(other.Id));
    }

    private static string Encode(string id) => string.Concat(Encoding.UTF8.GetBytes(id).Select(static one => char.IsAsciiLetterOrDigit((char)one) ? $"{(char)one}" : $"%{one:X2}"));

    /// <summary>Sends the path as it is written: the platform's client would resolve dots in it.</summary>
    private static async Task<Reply> SendAsync(Deployment server, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri($"{server.Address.GetLeftPart(UriPartial.Authority)}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }));
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        return new Reply(
            response.StatusCode, response.Content.Headers.ContentType?.MediaType ?? "", response.Headers, [.. response.Content.Headers.Allow],
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static HttpClient Latin1Client(Deployment server) =>
        new(new SocketsHttpHandler { RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1 }) { BaseAddress = server.Address };
}
