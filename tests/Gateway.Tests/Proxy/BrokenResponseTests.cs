using System.Net;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>Answers that cannot be passed on.</summary>
public sealed class BrokenResponseTests
{
    public static TheoryData<string, string> Answers { get; } = new()
    {
        { "HTTP/1.1 200 OK\r\nX-Large: " + new string('x', 70_000) + "\r\nContent-Length: 2\r\n\r\nok", "larger than 64 KiB" },
        { "HTTP/1.1 200 OK\r\n" + string.Concat(Enumerable.Range(0, 7_000).Select(static i => $"X-{i}: {i}\r\n")) + "\r\n", "larger than 64 KiB" },
        { "SSH-2.0-OpenSSH_9.2\r\n", "malformed" },
        { "HTTP/2.0 200 OK\r\n\r\n", "malformed" },
        { "HTTP/1.1 20 OK\r\n\r\n", "malformed" },
        { "HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n", "malformed" },
        { "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "malformed" },
        { "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "nobody asked for" },
        { "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "malformed" },
        { "HTTP/1.1 200 OK\r\nX-A : 1\r\n\r\n", "malformed" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok", "malformed" },
        { "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "malformed" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "malformed" },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "malformed" },
        { "HTTP/1.1 200 OK\r\nX-Half: ", "malformed" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "breaks off" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task ForwardAsync_AnswerCannotBePassedOn_Answers502ThatSaysSoAndAsksNobodyElse(string text, string said)
    {
        await using var broken = TcpBackend.AnsweringThenClosing(text);
        await using var other = TcpBackend.AnsweringThenClosing("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("a", broken.Url), ScriptedRoutes.Host("b", other.Url)));

        using var answer = await proxy.Client.GetAsync(new Uri("/x", UriKind.Relative));

        Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        Assert.Contains(said, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Empty(answer.Headers.Upgrade);
        Assert.Equal(["DENY"], answer.Headers.GetValues("X-Frame-Options"));
        Assert.Equal((1, 0), (broken.Accepted, other.Accepted));
    }
}
