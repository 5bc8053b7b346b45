using System.Net;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Security;

/// <summary>Who may call, and how often.</summary>
public sealed class EdgeAccessTests
{
    [Theory]
    [InlineData("127.0.0.0/8", "/clients", HttpStatusCode.OK)]
    [InlineData("10.0.0.0/8", "/clients", HttpStatusCode.Forbidden)]
    [InlineData("10.0.0.0/8", "/CLIENTS/", HttpStatusCode.Forbidden)]
    [InlineData("10.0.0.0/8", "/health", HttpStatusCode.OK)]
    [InlineData("10.0.0.0/8", "/app/x", HttpStatusCode.OK)]
    public async Task AllowList_Management_TakesOnlyItsRanges(string range, string path, HttpStatusCode expected)
    {
        await using var host = await EdgeHost.StartAsync(options => options.WhitelistedIps = [range]);
        using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-Forwarded-For", "10.0.0.1" } } };

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.Forbidden)
        {
            Assert.Contains("127.0.0.1", await response.AssertProblemAsync(expected, ProblemTypes.AddressNotAllowed), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("/clients", null, HttpStatusCode.Unauthorized)]
    [InlineData("/clients", "", HttpStatusCode.Unauthorized)]
    [InlineData("/clients", "wrong", HttpStatusCode.Forbidden)]
    [InlineData("/clients", "server", HttpStatusCode.OK)]
    [InlineData("/Clients/", "second", HttpStatusCode.OK)]
    [InlineData("/clients", "serve", HttpStatusCode.Forbidden)]
    [InlineData("/health", null, HttpStatusCode.OK)]
    [InlineData("/app/x", null, HttpStatusCode.OK)]
    public async Task ApiKey_Management_IsRequired(string path, string? key, HttpStatusCode expected)
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.ServerKey = "server";
            options.ApiKeys = ["first", "second"];
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("X-API-Key", key);
        }

        using var response = await host.Client.SendAsync(request);

        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.Unauthorized)
        {
            await response.AssertProblemAsync(expected, ProblemTypes.MissingKey);
            Assert.NotEmpty(response.Headers.WwwAuthenticate);
        }
        else if (expected == HttpStatusCode.Forbidden)
        {
            await response.AssertProblemAsync(expected, ProblemTypes.WrongKey);
        }
    }

    [Fact]
    public async Task ApiKey_NoneConfigured_IsOpen()
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.GetAsync("/clients");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task ApiKey_Missing_RefusesBeforeReadingTheBody()
    {
        await using var host = await EdgeHost.StartAsync(options => options.ServerKey = "server");

        using var response = await host.PostAsync("/register", "{ broken");

        await response.AssertProblemAsync(HttpStatusCode.Unauthorized, ProblemTypes.MissingKey);
    }

    [Theory]
    [InlineData("/clients")]
    [InlineData("/app/x")]
    public async Task RateLimit_BurstUsedUp_Answers429WithRetryAfter(string path)
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.RateLimitPerMinute = 1;
            options.RateLimitBurst = 3;
        });
        for (var i = 0; i < 3; i++)
        {
            using var taken = await host.Client.GetAsync(path);
            Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        }

        using var refused = await host.Client.GetAsync(path);
        using var health = await host.Client.GetAsync("/health");

        await refused.AssertProblemAsync(HttpStatusCode.TooManyRequests, ProblemTypes.RateLimited);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    [Fact]
    public async Task RateLimit_ForgedAddress_DoesNotHelp()
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.RateLimitPerMinute = 1;
            options.RateLimitBurst = 1;
        });

        await host.GetForwardedAsync("203.0.113.1", null);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/x") { Headers = { { "X-Forwarded-For", "203.0.113.2" } } };
        using var refused = await host.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
    }

    [Fact]
    public async Task RateLimit_OtherClients_HaveTheirOwnBucket()
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.TrustedProxies = ["127.0.0.0/8"];
            options.RateLimitPerMinute = 1;
            options.RateLimitBurst = 1;
        });

        Assert.Equal("http 203.0.113.1", await host.GetForwardedAsync("203.0.113.1", null));
        Assert.Equal("http 203.0.113.2", await host.GetForwardedAsync("203.0.113.2", null));
    }

    [Fact]
    public async Task RateLimit_Time_BringsTokensBackOneByOne()
    {
        await using var host = await EdgeHost.StartAsync(options =>
        {
            options.RateLimitPerMinute = 600;
            options.RateLimitBurst = 1;
        });
        using var first = await host.Client.GetAsync("/clients");
        Assert.Equal(HttpStatusCode.OK, first.StatusCode);

        await Eventually.BecomesTrueAsync(async () =>
        {
            using var response = await host.Client.GetAsync("/clients");
            return response.StatusCode == HttpStatusCode.OK;
        });
    }
}
