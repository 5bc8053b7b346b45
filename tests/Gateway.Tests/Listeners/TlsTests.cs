using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Opsen.Gateway.Listeners.Tls;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Listeners;

/// <summary>The certificates that the main listener shows, and those that it takes.</summary>
public sealed class TlsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CertificateFactory _certificates;

    public TlsTests() => _certificates = new CertificateFactory(_directory.Path);

    [Fact]
    public async Task Listener_PemFiles_ServesHttpsWithTransportSecurity()
    {
        await using var host = await StartAsync();

        using var response = await host.Client.GetAsync("/health");

        Assert.Equal("https", host.Address.Scheme);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("max-age=31536000; includeSubDomains", Assert.Single(response.Headers.GetValues("Strict-Transport-Security")));
        Assert.Equal("CN=gateway.test", await SubjectAsync(host.Address, "gateway.test"));
    }

    [Fact]
    public async Task Listener_KeyOfAnotherCertificate_StopsTheStart()
    {
        var (certificate, _) = _certificates.Pair("one", ["one.test"]);
        var (_, key) = _certificates.Pair("two", ["two.test"]);

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => StartAsync(options => (options.TlsCertFile, options.TlsKeyFile) = (certificate, key)));

        Assert.Contains("tls_key_file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Listener_NoCertificateInTheFile_StopsTheStart()
    {
        var file = _directory.Write("empty.pem", "");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => StartAsync(options => (options.TlsCertFile, options.TlsKeyFile) = (file, file)));

        Assert.Contains(file, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gateway.test", "gateway.test")]
    [InlineData("a.test", "a.test")]
    [InlineData("A.Test", "a.test")]
    [InlineData("also.test", "a.test")]
    [InlineData("x.b.test", "*.b.test")]
    [InlineData("special.b.test", "special.b.test")]
    [InlineData("x.y.b.test", "gateway.test")]
    [InlineData("b.test", "gateway.test")]
    [InlineData("unknown.test", "gateway.test")]
    [InlineData("", "gateway.test")]
    public async Task Listener_SeveralCertificates_ShowsTheOneForTheName(string asked, string shown)
    {
        await using var host = await StartAsync(options => options.TlsCertificates =
        [
            Further("a", "a.test", "also.test"), Further("b", "*.b.test"), Further("c", "special.b.test", "a.test"),
        ]);

        Assert.Equal($"CN={shown}", await SubjectAsync(host.Address, asked));
    }

    [Fact]
    public async Task Files_Replaced_ServeNewConnectionsAndKeepTheOldOnes()
    {
        await using var host = await StartAsync();
        var store = host.Services.GetRequiredService<CertificateStore>();
        using var connections = new SocketsHttpHandler();
        connections.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        using var client = new HttpClient(connections);
        var opened = 0;
        connections.ConnectCallback = async (context, cancellation) =>
        {
            opened++;
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        };
        using (await client.GetAsync(new Uri(host.Address, "/health")))
        {
        }

        // A certificate whose key has not come yet.
        var key = await File.ReadAllTextAsync(_directory.File("gateway.key"));
        _certificates.Pair("gateway", ["renewed.test"]);
        var newKey = await File.ReadAllTextAsync(_directory.File("gateway.key"));
        await File.WriteAllTextAsync(_directory.File("gateway.key"), key);
        store.Refresh();
        Assert.Equal("CN=gateway.test", await SubjectAsync(host.Address, ""));
        Assert.Contains(host.Log.Entries, static entry => entry.Message.StartsWith("Certificates have changed and cannot be used", StringComparison.Ordinal));

        await File.WriteAllTextAsync(_directory.File("gateway.key"), newKey);
        store.Refresh();
        Assert.Equal("CN=renewed.test", await SubjectAsync(host.Address, ""));
        Assert.Contains(host.Log.Entries, static entry => entry.Message.Contains("new connections for renewed.test get", StringComparison.Ordinal));

        File.Delete(_directory.File("gateway.crt"));
        store.Refresh();
        Assert.Equal("CN=renewed.test", await SubjectAsync(host.Address, ""));

        using var response = await client.GetAsync(new Uri(host.Address, "/health"));
        Assert.Equal((HttpStatusCode.OK, 1), (response.StatusCode, opened));
    }

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls13, true)]
#pragma warning disable CA5397, SYSLIB0039 // That they are refused is what is tested.
    [InlineData(SslProtocols.Tls11, false)]
#pragma warning restore CA5397, SYSLIB0039
    public async Task Listener_Version_IsTls12AtLeast(SslProtocols version, bool isAccepted)
    {
        await using var host = await StartAsync();

        var error = await Record.ExceptionAsync(() => SubjectAsync(host.Address, "gateway.test", version));

        Assert.Equal(isAccepted, error is null);
    }

    [Fact]
    public async Task ClientCertificate_OfAConfiguredAuthority_MayDoWhatAgentsDo()
    {
        await using var host = await StartAsync(options => options.ClientCaFile = _certificates.Authority("fleet"));
        using var agent = Client("rack-7", "fleet");

        // A body that is none shows that the call came through; anything else an agent may not.
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(agent, host, HttpMethod.Post, "/register"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(agent, host, HttpMethod.Post, "/stats"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(agent, host, HttpMethod.Get, "/clients"));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(agent, host, HttpMethod.Post, "/route"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(agent, host, HttpMethod.Get, "/app/x"));
    }

    [Fact]
    public async Task ClientCertificate_OfSomebodyElse_CountsForNothing()
    {
        await using var host = await StartAsync(options => options.ClientCaFile = _certificates.Authority("fleet"));
        _certificates.Authority("others");
        using var stranger = Client("stranger", "others");
        using var selfSigned = Client("self", null);
        using var expired = Client("expired", "fleet", days: -0.5);

        foreach (var client in (HttpClient[])[stranger, selfSigned, expired, host.Client])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(client, host, HttpMethod.Post, "/register"));

            // Users of backends may have certificates, or none.
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(client, host, HttpMethod.Get, "/app/x"));
        }
    }

    [Fact]
    public async Task ClientCertificate_BesideAKey_TheKeyCounts()
    {
        await using var host = await StartAsync(options => (options.ClientCaFile, options.ServerKey) = (_certificates.Authority("fleet"), "secret"));
        using var agent = Client("rack-7", "fleet");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(agent, host, HttpMethod.Get, "/clients"));

        agent.DefaultRequestHeaders.Add("X-API-Key", "secret");
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(agent, host, HttpMethod.Get, "/clients"));
        agent.DefaultRequestHeaders.Remove("X-API-Key");
        agent.DefaultRequestHeaders.Add("X-API-Key", "wrong");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(agent, host, HttpMethod.Post, "/register"));
    }

    [Fact]
    public async Task ClientAuthorities_Replaced_DecideAboutNewConnections()
    {
        var file = _certificates.Authority("fleet");
        await using var host = await StartAsync(options => options.ClientCaFile = file);
        File.Copy(_certificates.Authority("next"), file, overwrite: true);
        host.Services.GetRequiredService<CertificateStore>().Refresh();
        using var former = Client("former", "fleet");
        using var next = Client("next-agent", "next");

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(former, host, HttpMethod.Post, "/register"));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(next, host, HttpMethod.Post, "/register"));
    }

    public void Dispose()
    {
        _certificates.Dispose();
        _directory.Dispose();
    }

    private Task<EdgeHost> StartAsync(Action<ServerOptions>? configure = null) => EdgeHost.StartAsync(options =>
    {
        (options.TlsCertFile, options.TlsKeyFile) = _certificates.Pair("gateway", ["gateway.test"]);
        configure?.Invoke(options);
    });

    private CertificateOptions Further(string file, params string[] names)
    {
        var (certificate, key) = _certificates.Pair(file, names);
        return new CertificateOptions(certificate, key);
    }

    private HttpClient Client(string name, string? authority, double days = 1)
    {
        var (certificate, key) = _certificates.Pair(name, [], authority, days);
        return new HttpClient(new SocketsHttpHandler
        {
            SslOptions =
            {
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                LocalCertificateSelectionCallback = (_, _, _, _, _) => X509Certificate2.CreateFromPemFile(certificate, key),
            },
        });
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, EdgeHost host, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, new Uri(host.Address, path));
        request.Content = method == HttpMethod.Post ? Http.Json("[]") : null;
        using var response = await client.SendAsync(request);
        return response.StatusCode;
    }

    private static async Task<string> SubjectAsync(Uri address, string name, SslProtocols version = SslProtocols.None)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var tls = new SslStream(client.GetStream(), leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate is not null);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = version });
        return tls.RemoteCertificate!.Subject;
    }
}
