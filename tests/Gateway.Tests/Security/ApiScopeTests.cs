using System.Net;
using System.Security.Cryptography;
using System.Text;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Security;

/// <summary>What the keys of <c>api_keys</c> may do, and what the audit log says of it.</summary>
public sealed class ApiScopeTests
{
    [Theory]
    [InlineData("GET", "/clients", "read operate admin")]
    [InlineData("GET", "/clients/a", "read agent operate admin")]
    [InlineData("GET", "/sessions", "read operate admin")]
    [InlineData("POST", "/stats", "agent admin")]
    [InlineData("POST", "/register", "agent admin")]
    [InlineData("POST", "/route", "operate admin")]
    [InlineData("POST", "/clients/a/drain", "agent operate admin")]
    [InlineData("POST", "/clients/a/maintenance", "operate admin")]
    [InlineData("DELETE", "/clients/a", "admin")]
    [InlineData("POST", "/clients/purge", "admin")]
    [InlineData("DELETE", "/sessions/a", "operate admin")]
    public async Task Call_OutsideOfTheScope_Answers403(string method, string path, string allowed)
    {
        await using var host = await EdgeHost.StartAsync(static options => options.ApiKeys =
            [.. Enum.GetValues<ApiScope>().Select(static scope => new ApiKeyOptions($"key-{scope}".ToLowerInvariant(), scope, $"{scope}"))]);
        foreach (var scope in (string[])["read", "agent", "operate", "admin"])
        {
            using var response = await AskAsync(host, method, path, $"key-{scope}");

            Assert.Equal(allowed.Split(' ').Contains(scope), response.StatusCode != HttpStatusCode.Forbidden);
            if (response.StatusCode == HttpStatusCode.Forbidden)
            {
                await response.AssertProblemAsync(HttpStatusCode.Forbidden, ProblemTypes.ScopeMissing);
            }
        }
    }

    [Fact]
    public async Task HashedKey_IsAcceptedByItsSecretOnly()
    {
        var hash = $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("secret")))}";
        var upperCase = $"sha256:{hash["sha256:".Length..].ToUpperInvariant()}";
        await using var host = await EdgeHost.StartAsync(options => (options.ServerKey, options.ApiKeys) = (hash, [upperCase]));

        using var right = await AskAsync(host, "GET", "/clients", "secret");
        using var wrong = await AskAsync(host, "GET", "/clients", hash);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden), (right.StatusCode, wrong.StatusCode));
    }

    [Fact]
    public async Task Change_MadeOrRefused_IsInTheAuditLogWithTheKeysName()
    {
        await using var host = await EdgeHost.StartAsync(static options =>
            options.ApiKeys = [new("one", ApiScope.Operate, "night-shift"), new("two", ApiScope.Read)]);

        using var made = await AskAsync(host, "POST", "/clients/gpu-1/drain", "one");
        using var refused = await AskAsync(host, "POST", "/clients/gpu-1/drain", "two");
        using var look = await AskAsync(host, "GET", "/clients", "one");

        var lines = host.Log.Entries.Where(static entry => entry.Category == "Opsen.Audit").Select(static entry => entry.Message).ToList();
        Assert.Equal(
            [
                $"Audit: drain '/clients/gpu-1/drain' by night-shift from 127.0.0.1: {(int)made.StatusCode}",
                "Audit: drain '/clients/gpu-1/drain' by api_keys[1] from 127.0.0.1: 403",
            ],
            lines);
    }

    private static async Task<HttpResponseMessage> AskAsync(EdgeHost host, string method, string path, string key)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "X-API-Key", key } } };
        return await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
