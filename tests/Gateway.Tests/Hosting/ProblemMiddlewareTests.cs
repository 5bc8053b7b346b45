using System.Net;
using Microsoft.AspNetCore.Http;
using Opsen.Gateway.Problems;

namespace Opsen.Gateway.Tests.Hosting;

public sealed class ProblemMiddlewareTests
{
    [Fact]
    public async Task InvokeAsync_UnhandledException_Answers500AndLogsOnce()
    {
        await using var host = await EdgeHost.StartAsync(proxied: context =>
        {
            context.Response.Headers.ETag = "\"of the answer that failed\"";
            throw new InvalidOperationException("broken");
        });

        using var response = await host.Client.GetAsync("/app/x");

        await response.AssertProblemAsync(HttpStatusCode.InternalServerError, ProblemTypes.InternalError);
        Assert.Null(response.Headers.ETag);
        Assert.Equal(["DENY"], response.Headers.GetValues("X-Frame-Options"));
        Assert.Equal("GET /app/x failed", Assert.Single(host.Log.Errors));
    }

    [Fact]
    public async Task InvokeAsync_ExceptionAfterTheAnswerBegan_CutsTheConnection()
    {
        await using var host = await EdgeHost.StartAsync(proxied: async context =>
        {
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            throw new InvalidOperationException("broken");
        });

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => host.Client.GetStringAsync("/app/x"));

        Assert.Equal("GET /app/x failed", Assert.Single(host.Log.Errors));
    }

    [Theory]
    [InlineData("GET", "/register", "POST")]
    [InlineData("PUT", "/stats", "POST")]
    [InlineData("GET", "/route", "POST")]
    [InlineData("POST", "/health", "GET,HEAD")]
    [InlineData("DELETE", "/clients", "GET,HEAD")]
    [InlineData("GET", "/clients/purge", "DELETE,POST")]
    [InlineData("OPTIONS", "/clients/purge-pending", "DELETE,GET,HEAD,POST")]
    public async Task InvokeAsync_WrongMethod_Answers405WithAllow(string method, string path, string allowed)
    {
        await using var host = await EdgeHost.StartAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);

        using var response = await host.Client.SendAsync(request);

        var detail = await response.AssertProblemAsync(HttpStatusCode.MethodNotAllowed, ProblemTypes.MethodNotAllowed);
        Assert.Equal(allowed, string.Join(',', response.Content.Headers.Allow.Order(StringComparer.Ordinal)));
        Assert.Contains(method, detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/clients/nowhere/else")]
    [InlineData("/sessions/a/b")]
    [InlineData("/")]
    [InlineData("/nothing/here")]
    public async Task InvokeAsync_UnknownPath_Answers404(string path)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.GetAsync(path);

        await response.AssertProblemAsync(HttpStatusCode.NotFound, ProblemTypes.NotFound);
    }

    [Fact]
    public async Task InvokeAsync_EmptyErrorOfABackend_StaysEmpty()
    {
        await using var host = await EdgeHost.StartAsync(proxied: context =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });

        using var response = await host.Client.GetAsync("/app/x");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }
}
