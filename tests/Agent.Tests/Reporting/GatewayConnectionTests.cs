using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Agent.Reporting;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Tests.Reporting;

public sealed class GatewayConnectionTests
{
    [Theory]
    [InlineData(false, GatewayOutcome.Failed)]
    [InlineData(true, GatewayOutcome.Accepted)]
    public async Task Create_SelfSignedCertificate_IsAcceptedOnlyWithInsecureTls(bool insecure, object expected)
    {
        using var certificate = SelfSigned();
        var builder = WebApplication.CreateSlimBuilder();
        _ = builder.Logging.ClearProviders();
        _ = builder.WebHost.UseKestrelHttpsConfiguration()
            .ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, endpoint => endpoint.UseHttps(certificate)));
        await using var server = builder.Build();
        server.Run(context => context.Response.WriteAsync("""{"status":"ok"}"""));
        await server.StartAsync();

        var options = new AgentOptions { ServerUrl = server.Urls.Single(), InsecureTls = insecure };
        using var http = GatewayConnection.Create(options);
        var answer = await new GatewayClient(http, options, new FakeTimeProvider()).ReportAsync(new StatsRequest(), CancellationToken.None);
        Assert.Equal(expected, answer.Outcome);
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=gateway", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
