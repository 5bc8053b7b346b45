using System.Net.Sockets;
using System.Text;

namespace Opsen.Gateway.Tests.Proxy;

/// <summary>How often a request goes out to backends that fail before they answer, counted by the backends.</summary>
public sealed class SentOnceTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private int _received;

    public static TheoryData<string, string, bool, int> Failures { get; } = Cross();

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task ForwardAsync_NewConnectionIsLost_IdempotentRequestsGoToAnotherHostOnce(string method, string body, bool isReset, int sent)
    {
        await using var one = Failing(isReset, served: 0);
        await using var two = Failing(isReset, served: 0);
        await using var three = Failing(isReset, served: 0);
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("one", one.Url), ScriptedRoutes.Host("two", two.Url), ScriptedRoutes.Host("three", three.Url)));

        Assert.Equal(502, await AskAsync(proxy, method, body));

        Assert.Equal(sent, Volatile.Read(ref _received));
        Assert.Equal(sent, one.Accepted + two.Accepted + three.Accepted);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task ForwardAsync_UsedConnectionIsLost_IdempotentRequestsGoOverANewOneOnce(string method, string body, bool isReset, int sent)
    {
        await using var backend = Failing(isReset, served: 1);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("one", backend.Url)));
        Assert.Equal(200, await AskAsync(proxy, "GET", ""));
        Volatile.Write(ref _received, 0);

        // A new connection serves one request, so a request that may be repeated is answered.
        Assert.Equal(sent == 1 ? 502 : 200, await AskAsync(proxy, method, body));

        Assert.Equal(sent, Volatile.Read(ref _received));
        Assert.Equal(sent, backend.Accepted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ForwardAsync_UsedConnectionWasClosedBefore_AnyRequestGoesOverANewOne(bool isReset)
    {
        var isClosed = new TaskCompletionSource();
        await using var backend = new TcpBackend(async (client, cancellation) =>
        {
            await ServeAsync(client, cancellation);
            client.LingerState = new LingerOption(isReset, 0);
            client.Close();
            isClosed.TrySetResult();
        });
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("one", backend.Url)));
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(200, await AskAsync(proxy, "POST", "Content-Length: 4\r\n\r\nbody"));
            await isClosed.Task;
            isClosed = new();
            Assert.Equal((i, i), (backend.Accepted, Volatile.Read(ref _received)));
        }
    }

    [Fact]
    public async Task ForwardAsync_HostOfASessionLosesANewConnection_IsAskedTwiceInAll()
    {
        await using var backend = Failing(isReset: false, served: 0);
        await using var other = Failing(isReset: false, served: 0);
        await using var proxy = await ProxyServer.StartAsync(
            new(ScriptedRoutes.Host("one", backend.Url), ScriptedRoutes.Host("two", other.Url)), new() { StickyByIp = true });

        Assert.Equal(502, await AskAsync(proxy, "GET", ""));

        Assert.Equal((2, 2, 0), (Volatile.Read(ref _received), backend.Accepted, other.Accepted));
    }

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("POST", 200)]
    public async Task ForwardAsync_ConnectionIsClosedBeforeAnythingIsSent_AnotherHostGetsAnyRequest(string method, int status)
    {
        // A head this large is not taken by a connection that its peer has reset, so the reset is met by the write.
        await using var deaf = new TcpBackend((client, _) =>
        {
            client.LingerState = new LingerOption(true, 0);
            client.Close();
            return Task.CompletedTask;
        });
        await using var backend = Failing(isReset: false, served: int.MaxValue);
        await using var proxy = await ProxyServer.StartAsync(new(ScriptedRoutes.Host("one", deaf.Url), ScriptedRoutes.Host("two", backend.Url)));
        using var client = await RawConnection.ConnectAsync(proxy.Port);

        await client.SendAsync($"{method} /x HTTP/1.1\r\nHost: x\r\nX-Large: {new string('x', 20_000)}\r\nConnection: close\r\n\r\n");
        var answer = await client.ReadUntilAsync("\r\n\r\n");

        // The backend may be quicker to reset than the gateway to write, or slower.
        Assert.True(Status(answer) == status || (method == "POST" && Status(answer) == 502), answer);
        Assert.InRange(Volatile.Read(ref _received), 0, 1);
    }

    /// <summary>A backend that answers so many requests on each connection, reads one more with its body, and ends the connection.</summary>
    private TcpBackend Failing(bool isReset, int served) => new(async (client, cancellation) =>
    {
        for (var i = 0; i < served && await ServeAsync(client, cancellation); i++)
        {
        }

        if ((await TcpBackend.ReadHeadAsync(client, cancellation)).Length > 0)
        {
            Interlocked.Increment(ref _received);
        }

        client.LingerState = new LingerOption(isReset, 0);
        client.Close();
    });

    private async Task<bool> ServeAsync(TcpClient client, CancellationToken cancellation)
    {
        if ((await TcpBackend.ReadHeadAsync(client, cancellation)).Length == 0)
        {
            return false;
        }

        Interlocked.Increment(ref _received);
        await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(Ok), cancellation);
        return true;
    }

    private static async Task<int> AskAsync(TestServer proxy, string method, string rest)
    {
        using var client = await RawConnection.ConnectAsync(proxy.Port);
        await client.SendAsync($"{method} /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{(rest.Length > 0 ? rest : "\r\n")}");
        var heads = await client.ReadUntilAsync("\r\n\r\n");

        // A backend that answers at once wants the body too, so the caller may be asked for it first.
        const string Interim = "HTTP/1.1 100 Continue\r\n\r\n";
        return Status(heads == Interim ? await client.ReadUntilAsync("\r\n\r\n") : heads.Replace(Interim, "", StringComparison.Ordinal));
    }

    private static int Status(string answer) => int.Parse(answer.AsSpan("HTTP/1.1 ".Length, 3), provider: null);

    private static TheoryData<string, string, bool, int> Cross()
    {
        const string expecting = "Expect: 100-continue\r\nContent-Length: 5000\r\n\r\n";
        var cases = new TheoryData<string, string, bool, int>();
        foreach (var isReset in new[] { false, true })
        {
            cases.Add("GET", "", isReset, 2);
            cases.Add("DELETE", "", isReset, 2);
            cases.Add("PUT", "Content-Length: 0\r\n\r\n", isReset, 2);
            cases.Add("PUT", expecting, isReset, 2);
            cases.Add("POST", "", isReset, 1);
            cases.Add("POST", "Content-Length: 0\r\n\r\n", isReset, 1);
            cases.Add("POST", "Content-Length: 4\r\n\r\nbody", isReset, 1);
            cases.Add("POST", "Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n", isReset, 1);
            cases.Add("POST", expecting, isReset, 1);
            cases.Add("PATCH", "", isReset, 1);
            cases.Add("get", "", isReset, 1);
        }

        return cases;
    }
}
