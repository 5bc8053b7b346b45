using System.Net.Sockets;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security;

/// <summary>Fields of HTTP/1.1 connections do not exist in HTTP/2, and what passes them on is read as something else behind it.</summary>
[Collection(SharedDeploymentTests.Name)]
public class Http2FieldTests(SharedDeployments shared)
{
    [Theory]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("upgrade", "websocket")]
    [InlineData("keep-alive", "timeout=5")]
    [InlineData("proxy-connection", "keep-alive")]
    [InlineData("x-a", "a\u0001b")]
    [InlineData("x-a", "a\u001b[31m")]
    public async Task Http2_FieldThatIsNone_Answers400(string name, string value)
    {
        var server = await shared.GetAsync(Shape.Embedded);
        using var client = new TcpClient(server.Address.Host, server.Address.Port);
        var http2 = new RawHttp2(client.GetStream());
        await http2.BeginAsync(TestContext.Current.CancellationToken);

        // A server may also refuse it by ending the stream.
        var status = await http2.AskAsync([.. RawHttp2.Get("/app/x"), ("x-tier", "tiny"), (name, value)], TestContext.Current.CancellationToken);

        Assert.True(status is 400 or 0, $"status {status}");
    }
}
