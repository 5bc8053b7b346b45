using System.Net.Sockets;
using System.Text;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Security;

/// <summary>A path of the API means one thing only, however it is written.</summary>
[Collection(SharedDeploymentTests.Name)]
public class ManagementPathTests(SharedDeployments shared)
{
    [Theory]
    [InlineData("/%63lients/abc?/clients/{0}")]
    [InlineData("/%63lients/{0}")]
    [InlineData("/./clients/{0}")]
    [InlineData("/clients/./{0}")]
    [InlineData("/clients/%2e/{0}")]
    [InlineData("/x/../clients/{0}")]
    [InlineData("//clients/{0}")]
    [InlineData("/clients//{0}")]
    [InlineData("/clients/abc?/clients/{0}")]
    [InlineData("http://other/%63lients/abc?/clients/{0}")]
    [InlineData("/client%73/{0}")]
    public async Task Delete_PathInAnotherForm_DeletesNothing(string path)
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var victim = await new TestHost().JoinAsync(server);

        var answer = await SendAsync(server, $"DELETE {string.Format(null, path, victim.Id)} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n\r\n");

        Assert.Matches("^HTTP/1.1 (400|404) ", answer);
        Assert.NotNull(await server.FindClientAsync(victim.Id));
    }

    [Theory]
    [InlineData("/clients/{0}")]
    [InlineData("/CLIENTS/{0}")]
    [InlineData("http://other/clients/{0}?x=1")]
    public async Task Delete_PlainPath_Deletes(string path)
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var host = await new TestHost().JoinAsync(server);

        var answer = await SendAsync(server, $"DELETE {string.Format(null, path, host.Id)} HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 204 ", answer, StringComparison.Ordinal);
    }

    private static async Task<string> SendAsync(Deployment server, string request)
    {
        using var client = new TcpClient(server.Address.Host, server.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        return await new StreamReader(stream).ReadToEndAsync(TestContext.Current.CancellationToken);
    }
}
