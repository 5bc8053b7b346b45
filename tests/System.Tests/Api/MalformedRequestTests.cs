using System.Net;
using System.Text;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

[Collection(SharedDeploymentTests.Name)]
public class MalformedRequestTests(SharedDeployments shared)
{
    [Theory]
    [InlineData("GET", "/register", "POST")]
    [InlineData("PUT", "/stats", "POST")]
    [InlineData("DELETE", "/route", "POST")]
    [InlineData("POST", "/health", "GET")]
    [InlineData("POST", "/clients", "GET")]
    [InlineData("GET", "/clients/purge", "POST,DELETE")]
    [InlineData("GET", "/clients/purge-pending", "POST,DELETE")]
    public async Task Request_WrongMethod_Answers405WithAllow(string method, string path, string allowed)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        var reply = await server.SendAsync(new HttpMethod(method), path, null);

        reply.ExpectProblem(HttpStatusCode.MethodNotAllowed);
        Assert.All(allowed.Split(','), verb => Assert.Contains(verb, reply.Allow));
    }

    [Theory]
    [InlineData("/register", "")]
    [InlineData("/register", "{")]
    [InlineData("/register", "null")]
    [InlineData("/register", "[]")]
    [InlineData("/register", """{"client_id":7}""")]
    [InlineData("/register", """{"client_id":""}""")]
    [InlineData("/register", """{"client_id":"x","latitude":"north"}""")]
    [InlineData("/register", """{"client_id":"x","total_cpu":-1}""")]
    [InlineData("/register", """{"client_id":"x","endpoint_url":"not a url"}""")]
    [InlineData("/stats", "not json")]
    [InlineData("/stats", """{"client_id":"x","cpu_usage_avg":[NaN]}""")]
    [InlineData("/stats", """{"cpu_cores":1}""")]
    [InlineData("/route", "true")]
    [InlineData("/route", """{"tier":["a"]}""")]
    public async Task Request_BodyThatIsWrong_Answers400AndRegistersNothing(string path, string body)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        (await server.PostTextAsync(path, body)).ExpectProblem(HttpStatusCode.BadRequest);

        Assert.Null(await server.FindClientAsync("x"));
        Assert.Null(await server.FindClientAsync(""));
    }

    [Theory]
    [InlineData("/register")]
    [InlineData("/stats")]
    [InlineData("/route")]
    public async Task Request_NotJsonByItsContentType_Answers415(string path)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        var reply = await server.SendAsync(HttpMethod.Post, path, new StringContent("{}", Encoding.UTF8, "text/plain"));

        reply.ExpectProblem(HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData(Shape.Embedded, "/register")]
    [InlineData(Shape.Embedded, "/stats")]
    [InlineData(Shape.Embedded, "/route")]
    [InlineData(Shape.Localhost, "/register")]
    public async Task Request_BodyOf11Megabytes_Answers413(Shape shape, string path)
    {
        var server = await shared.GetAsync(shape);
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new StringContent($$"""{"client_id":"x","padding":"{{new string('x', 11 << 20)}}"}""", Encoding.UTF8, "application/json"),
        };
        // The server answers before it has read the body, and ends the connection; a caller that asks first is sure to see the answer.
        request.Headers.ExpectContinue = true;

        using var reply = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.StatusCode);
        Assert.Null(await server.FindClientAsync("x"));
    }

    [Fact]
    public async Task Request_UnknownPath_Answers404()
    {
        var server = await shared.GetAsync(Shape.Embedded);

        (await server.GetAsync("/no/such/thing")).ExpectProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Request_HeaderOf100Kilobytes_AnswersA4xxAndTheServerGoesOn()
    {
        var server = await shared.GetAsync(Shape.Embedded);

        var reply = await server.GetAsync("/clients", ("X-Session-ID", new string('x', 100_000)));

        Assert.InRange((int)reply.Status, 400, 499);
        (await server.GetAsync("/health")).Expect(HttpStatusCode.OK);
    }
}
