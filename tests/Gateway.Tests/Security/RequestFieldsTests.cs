using System.Net.Sockets;
using System.Text;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Security;

/// <summary>Header fields that no request can have are refused before anything is done, with a real listener.</summary>
public sealed class RequestFieldsTests
{
    [Theory]
    [InlineData("X[1]: a")]
    [InlineData("X(1): a")]
    [InlineData("X{1}: a")]
    [InlineData("X\"1: a")]
    [InlineData("X/1: a")]
    [InlineData("X-A: a\u0001b")]
    [InlineData("X-A: a\u001bb")]
    [InlineData("X-A: a\u007fb")]
    [InlineData("Cookie: a=\u0007")]
    public async Task Http1_FieldThatIsNone_Answers400AndCloses(string field)
    {
        await using var host = await EdgeHost.StartAsync();

        var answer = await AskAsync(host, $"GET /app/x HTTP/1.1\r\nHost: x\r\n{field}\r\n\r\nGET /app/second HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Equal(1, answer.Split("HTTP/1.1 ").Length - 1);
    }

    [Theory]
    [InlineData("Host:")]
    [InlineData("Host: ")]
    public async Task Http1_EmptyHost_Answers400(string field)
    {
        await using var host = await EdgeHost.StartAsync();

        Assert.StartsWith("HTTP/1.1 400 ", await AskAsync(host, $"GET /app/x HTTP/1.1\r\n{field}\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("X-A: a\tb")]
    [InlineData("!#$%&'*+-.^_`|~09Az: a")]
    [InlineData("X-Empty:")]
    public async Task Http1_FieldThatIsOne_Passes(string field)
    {
        await using var host = await EdgeHost.StartAsync();

        Assert.StartsWith("HTTP/1.1 200 ", await AskAsync(host, $"GET /app/x HTTP/1.1\r\nHost: x\r\n{field}\r\nConnection: close\r\n\r\n"), StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(EdgeHost host, string request)
    {
        using var client = new TcpClient(host.Client.BaseAddress!.Host, host.Client.BaseAddress.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        return await new StreamReader(stream).ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
