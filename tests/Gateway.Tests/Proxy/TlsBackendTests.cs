using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Backends with TLS: the handshake decides on the protocol, and its name is the endpoint's.</summary>
public sealed class TlsBackendTests
{
    private readonly ConcurrentQueue<string?> _names = new();

    [Theory]
    [InlineData(HttpProtocols.Http1, null, BackendHost.Preserve, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, null, BackendHost.Preserve, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http1, null, BackendHost.Endpoint, "HTTP/1.1")]
    [InlineData(HttpProtocols.Http1AndHttp2, null, BackendHost.Endpoint, "HTTP/2")]
    [InlineData(HttpProtocols.Http2, null, BackendHost.Endpoint, "HTTP/2")]
    [InlineData(HttpProtocols.Http1AndHttp2, "application/grpc", BackendHost.Preserve, "HTTP/2")]
    public async Task ForwardAsync_BackendWithTls_OneConnectionNegotiatesTheProtocolUnderTheEndpointsName(
        HttpProtocols offered, string? contentType, BackendHost host, string spoken)
    {
        using var certificate = SelfSigned();
        await using var backend = await TestServer.StartAsync(
            static _ => static context => context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Host.Host} {context.Connection.Id}"),
            limits: kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = offered;
                listen.UseHttps(https => https.ServerCertificateSelector = (_, name) =>
                {
                    _names.Enqueue(name);
                    return certificate;
                });
            }),
            listensItself: false);
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("a", $"https://localhost:{backend.Port}")), new ServerOptions { TlsInsecureSkipVerify = true, BackendHost = host }, protocols: HttpProtocols.Http2);
        List<string> answers = [];
        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(contentType is null ? HttpMethod.Get : HttpMethod.Post, "/x")
            {
                Version = HttpVersion.Version20,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact
            };
            request.Content = contentType is null ? null : new ByteArrayContent([]) { Headers = { ContentType = MediaTypeHeaderValue.Parse(contentType) } };
            request.Headers.Host = "public.example";
            using var answer = await proxy.Client.SendAsync(request);
            answers.Add(await answer.Content.ReadAsStringAsync());
        }

        Assert.All(answers, text => Assert.StartsWith($"{spoken} {(spoken == "HTTP/1.1" && host == BackendHost.Preserve ? "public.example" : "localhost")} ", text, StringComparison.Ordinal));
        Assert.Single(answers.Distinct());
        Assert.Equal("localhost", Assert.Single(_names));
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
