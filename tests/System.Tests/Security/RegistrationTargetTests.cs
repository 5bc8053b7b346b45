using System.Net;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security;

/// <summary>Whoever may register a host must not choose freely what the gateway connects to.</summary>
[Collection(SharedDeploymentTests.Name)]
public class RegistrationTargetTests(SharedDeployments shared)
{
    [Theory]
    [InlineData("http://169.254.169.254")]
    [InlineData("http://169.254.169.254/latest/meta-data")]
    [InlineData("http://2852039166")]
    [InlineData("http://0xA9FEA9FE/")]
    [InlineData("http://0251.0376.0251.0376/")]
    [InlineData("http://169.254.43518/")]
    [InlineData("http://[::ffff:169.254.169.254]/")]
    [InlineData("http://[::ffff:a9fe:a9fe]/")]
    [InlineData("http://[64:ff9b::169.254.169.254]/")]
    [InlineData("http://[2002:a9fe:a9fe::]/")]
    [InlineData("http://[fe80::1%25eth0]/")]
    [InlineData("http://[fd00:ec2::254]/")]
    [InlineData("http://100.100.100.200/")]
    [InlineData("http://0.0.0.0:80/")]
    [InlineData("http://[::]:80/")]
    [InlineData("http://224.0.0.1/")]
    public async Task Register_AddressThatNoBackendHas_IsRefused(string url)
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var host = new TestHost { Url = url };

        var detail = (await server.PostAsync("/register", host.Registration())).ExpectProblem(HttpStatusCode.BadRequest);

        Assert.Contains("endpoint_url", detail, StringComparison.Ordinal);
        Assert.Null(await server.FindClientAsync(host.Id));
    }

    [Fact]
    public async Task Register_AddressOutsideOfTheAllowedNetworks_IsRefusedAndInsideIsTaken()
    {
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings => settings["allowed_backend_networks"] = "['10.0.0.0/8', '169.254.7.0/24']");

        (await server.PostAsync("/register", new TestHost { Url = "http://127.0.0.1:80" }.Registration())).ExpectProblem(HttpStatusCode.BadRequest);
        (await server.PostAsync("/register", new TestHost { Url = "http://169.254.169.254" }.Registration())).ExpectProblem(HttpStatusCode.BadRequest);
        (await server.PostAsync("/register", new TestHost { Url = "http://10.1.2.3:80" }.Registration())).Expect(HttpStatusCode.OK);
        (await server.PostAsync("/register", new TestHost { Url = "http://169.254.7.3:80" }.Registration())).Expect(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Proxy_NameThatLeadsOutsideOfTheAllowedNetworks_IsNotConnected()
    {
        await using var secret = await EchoServer.StartAsync("secret");
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings => settings["allowed_backend_networks"] = "['10.0.0.0/8']");

        // A name is judged when it is connected to, because it may lead elsewhere every time.
        await new TestHost { Url = $"http://localhost:{secret.Url.Port}" }.JoinAsync(server);

        var detail = (await server.GetAsync("/app/x", ("X-Tier", "tiny"))).ExpectProblem(HttpStatusCode.BadGateway);
        Assert.Contains("allowed_backend_networks", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://10.0.0.5:80/\u001b[31m")]
    [InlineData("http://10.0.0.5:80/a\u0000")]
    [InlineData("http://10.0.0.5:80/\u202egnp")]
    [InlineData("http://10.0.0.5:80/a\u200bb")]
    public async Task Register_UrlWithCharactersThatCannotBeSeen_IsRefused(string url)
    {
        var server = await shared.GetAsync(Shape.Embedded);

        (await server.PostAsync("/register", new TestHost { Url = url }.Registration())).ExpectProblem(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Register_PatternsThatWouldTakeLongForEachRequest_AreRefused()
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var body = new TestHost { Endpoints = [("http://10.0.0.5:80", [.. Enumerable.Range(0, 200).Select(static i => $"/*{new string('a', 500)}{i}b")])] }.Registration();

        var detail = (await server.PostAsync("/register", body)).ExpectProblem(HttpStatusCode.BadRequest);

        Assert.Contains("at most 4096 characters together", detail, StringComparison.Ordinal);
    }
}
