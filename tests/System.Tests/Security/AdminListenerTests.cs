using System.Net;
using System.Text;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security;

/// <summary>The admin listener, and who may reach what it shows.</summary>
public class AdminListenerTests
{
    [Fact]
    public async Task MainListener_OnTheSamePortAtAnotherAddress_ShowsNothingOfTheAdminListener()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings =>
        {
            settings["admin_host"] = "127.0.0.2";
            settings["admin_port"] = settings["port"];
        });
        var admin = new Uri($"http://127.0.0.2:{server.Address.Port}");

        foreach (var path in (string[])["/metrics", "/dashboard/", "/dashboard", "/health/live", "/livez"])
        {
            (await server.GetAsync(path)).ExpectProblem(HttpStatusCode.NotFound);
        }

        (await server.GetAsync("/clients")).Expect(HttpStatusCode.OK);
        Assert.Equal("live\n", await server.Http.GetStringAsync(new Uri(admin, "/livez"), TestContext.Current.CancellationToken));
        Assert.Contains("opsen_pool_panic", await server.Http.GetStringAsync(new Uri(admin, "/metrics"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(server, new Uri(admin, "/clients"))).Status);
    }

    [Fact]
    public async Task AdminListener_PublicAddress_WantsTheKeyButForItsProbes()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings =>
        {
            settings["admin_host"] = "0.0.0.0";
            settings["server_key"] = "s3cret";
        });
        foreach (var path in (string[])["/", "/metrics", "/dashboard/", "/Livez/../metrics"])
        {
            var refused = await AskAsync(server, new Uri(server.Admin, path));
            Assert.Equal((path, HttpStatusCode.Unauthorized), (path, refused.Status));
            Assert.Equal(HttpStatusCode.Unauthorized, (await AskAsync(server, new Uri(server.Admin, path), ("X-API-Key", "wrong"))).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, new Uri(server.Admin, "/livez"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, new Uri(server.Admin, "/readyz"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(server, new Uri(server.Admin, "/metrics"), ("X-API-Key", "s3cret"))).Status);
        var basic = Convert.ToBase64String(Encoding.UTF8.GetBytes("anyone:s3cret"));
        var dashboard = await AskAsync(server, new Uri(server.Admin, "/dashboard/"), ("Authorization", $"Basic {basic}"));
        Assert.Equal((HttpStatusCode.OK, "DENY", "nosniff"), (dashboard.Status, dashboard.Frames, dashboard.Sniffing));
    }

    [Fact]
    public async Task AdminListener_PublicAddressWithoutAKey_DoesNotStart()
    {
        var (exitCode, lines) = await Deployment.FailAsync(static settings => settings["admin_host"] = "0.0.0.0");

        Assert.Equal(78, exitCode);
        Assert.Contains(lines, static line => line.Contains("admin_host: '0.0.0.0' can be reached from elsewhere", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("127.0.0.1.nip.example:80", HttpStatusCode.MisdirectedRequest)]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("[::1]:9901", HttpStatusCode.OK)]
    public async Task AdminListener_HostOfAnotherServer_IsRefused(string host, HttpStatusCode expected)
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded);

        Assert.Equal(expected, (await AskAsync(server, new Uri(server.Admin, "/metrics"), ("Host", host))).Status);
    }

    [Fact]
    public async Task Dashboard_SilosAndGrainsThatAreNot_AreNotFoundAndOneLineOfTheLog()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded);
        foreach (var path in (string[])["HistoricalStats/x", "SiloProperties/1.2.3.4:5@x", "SiloMetadata/x", "SiloCounters/x"])
        {
            Assert.Equal((path, HttpStatusCode.NotFound), (path, (await AskAsync(server, new Uri(server.Admin, $"/dashboard/{path}"))).Status));
        }

        Assert.False(server.HasLogged("   at "));
    }

    private static async Task<(HttpStatusCode Status, string? Frames, string? Sniffing)> AskAsync(
        Deployment server, Uri url, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return (response.StatusCode, Header("X-Frame-Options"), Header("X-Content-Type-Options"));

        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;
    }
}
