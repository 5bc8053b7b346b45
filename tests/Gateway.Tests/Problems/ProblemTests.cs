using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Opsen.Gateway.Problems;

namespace Opsen.Gateway.Tests.Problems;

public sealed class ProblemTests
{
    [Fact]
    public async Task WriteAsync_FreshAnswer_WritesEveryMember()
    {
        var context = NewContext();

        await Problem.WriteAsync(context, 503, ProblemTypes.NoCapacity, "No host fits tier 'lite' – none is registered.");

        Assert.Equal(503, context.Response.StatusCode);
        Assert.Equal("application/problem+json", context.Response.ContentType);
        var text = Body(context);
        Assert.Equal(
            """{"type":"urn:opsen:problem:no-capacity","title":"Service Unavailable","status":503,"detail":"No host fits tier 'lite' – none is registered."}""",
            text);
    }

    [Theory]
    [InlineData(0.2, "1")]
    [InlineData(1.0, "1")]
    [InlineData(1.01, "2")]
    [InlineData(60, "60")]
    public async Task WriteAsync_WithRetryAfter_RoundsUpToSeconds(double seconds, string expected)
    {
        var context = NewContext();

        await Problem.WriteAsync(context, 429, ProblemTypes.RateLimited, "Slower.", TimeSpan.FromSeconds(seconds));

        Assert.Equal(expected, context.Response.Headers.RetryAfter.ToString());
    }

    [Fact]
    public async Task WriteAsync_AnswerHasBegun_WritesNothing()
    {
        var context = NewContext();
        context.Features.Set<IHttpResponseFeature>(new BegunResponse());

        await Problem.WriteAsync(context, 500, ProblemTypes.InternalError, "Too late.", TimeSpan.FromSeconds(1));

        Assert.Equal(200, context.Response.StatusCode);
        Assert.Equal(0, context.Response.Headers.RetryAfter.Count);
        Assert.Equal("", Body(context));
    }

    [Theory]
    [InlineData("HTTP/1.1", "close")]
    [InlineData("HTTP/2", "")]
    public async Task WriteAndCloseAsync_ByProtocol_ClosesOnlyHttp1(string protocol, string expected)
    {
        var context = NewContext();
        context.Request.Protocol = protocol;

        await Problem.WriteAndCloseAsync(context, 413, ProblemTypes.BodyTooLarge, "Less.");

        Assert.Equal(expected, context.Response.Headers.Connection.ToString());
    }

    [Theory]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(408)]
    [InlineData(411)]
    [InlineData(413)]
    [InlineData(414)]
    [InlineData(415)]
    [InlineData(431)]
    [InlineData(500)]
    public async Task StatusProblems_EveryStatusOfTheFramework_HasAProblem(int status)
    {
        var context = NewContext();

        await StatusProblems.WriteAsync(context, status);

        using var document = JsonDocument.Parse(Body(context));
        Assert.Equal(status, context.Response.StatusCode);
        Assert.Equal(status, document.RootElement.GetProperty("status").GetInt32());
        Assert.StartsWith("urn:opsen:problem:", document.RootElement.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.NotEqual("", document.RootElement.GetProperty("detail").GetString());
    }

    private static DefaultHttpContext NewContext() => new() { Response = { Body = new MemoryStream() } };

    private static string Body(HttpContext context)
    {
        context.Response.Body.Position = 0;
        return new StreamReader(context.Response.Body).ReadToEnd();
    }

    private sealed class BegunResponse : HttpResponseFeature
    {
        public override bool HasStarted => true;
    }
}
