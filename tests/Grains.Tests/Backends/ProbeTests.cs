using System.Net;
using System.Net.Sockets;
using System.Text;
using Opsen.Grains.Backends;
using Opsen.Grains.Backends.Probing;

namespace Opsen.Grains.Tests.Backends;

public sealed class ProbeTests : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(300);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ProbeTests() => _listener.Start();

    private Uri Endpoint => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task TcpProbe_OpenPort_Succeeds() =>
        Assert.Null(await new TcpProbe(Timeout, BackendNetworks.Usual, TimeProvider.System).ProbeAsync(Endpoint, CancellationToken.None));

    [Fact]
    public async Task TcpProbe_ClosedPort_SaysConnectionRefused()
    {
        var endpoint = Endpoint;
        _listener.Stop();

        Assert.Equal("ConnectionRefused", await new TcpProbe(Timeout, BackendNetworks.Usual, TimeProvider.System).ProbeAsync(endpoint, CancellationToken.None));
    }

    [Fact]
    public async Task TcpProbe_UnknownName_Fails() =>
        Assert.NotNull(await new TcpProbe(Timeout, BackendNetworks.Usual, TimeProvider.System).ProbeAsync(new Uri("http://no-such-host.invalid:80"), CancellationToken.None));

    [Theory]
    [InlineData("200 OK", null)]
    [InlineData("204 No Content", null)]
    [InlineData("302 Found", null)]
    [InlineData("404 Not Found", "status 404")]
    [InlineData("503 Service Unavailable", "status 503")]
    public async Task HttpProbe_Status_DecidesAndThePathIsAsked(string status, string? expected)
    {
        var request = AnswerOneAsync($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        using var probe = new HttpProbe("/ping", Timeout, skipCertificateCheck: false, BackendNetworks.Usual, TimeProvider.System);

        Assert.Equal(expected, await probe.ProbeAsync(Endpoint, CancellationToken.None));
        Assert.StartsWith("GET /ping HTTP/1.1", await request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HttpProbe_SilentServer_TimesOut()
    {
        using var probe = new HttpProbe("/ping", Timeout, skipCertificateCheck: false, BackendNetworks.Usual, TimeProvider.System);

        Assert.Equal("timeout", await probe.ProbeAsync(Endpoint, CancellationToken.None));
    }

    private async Task<string> AnswerOneAsync(string answer)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        var buffer = new byte[4096];
        var length = await client.GetStream().ReadAsync(buffer);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer));
        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
