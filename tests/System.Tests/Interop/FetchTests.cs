using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Interop;

/// <summary>What a program in JavaScript does that was written for the Go server: both of its ways to reach a backend, without a Content-Type of its
/// own.</summary>
public sealed class FetchTests
{
    private const string Script = """
        const [base] = process.argv.slice(2);
        const post = (url, body, headers) => fetch(url, { method: "POST", headers, body: JSON.stringify(body) });

        // Through the gateway, with a session.
        const proxied = await post(`${base}/api/users`, { tier: "lite", name: "x" }, { "X-Session-ID": "alice" });

        // By asking for a backend and calling that.
        const { endpoint } = await post(`${base}/route`, { tier: "lite", client_ip: undefined }).then(r => r.json());
        const direct = await fetch(`${endpoint}/api/resource`);
        console.log(JSON.stringify([proxied.status, await proxied.text(), direct.status, await direct.text()]));
        """;

    [Fact]
    public async Task Fetch_AsTheGoServersUsersWriteIt_WorksAsItStands()
    {
        var node = Tool.Require("nodejs", "node");
        await using var backend = await LocalBackend.StartAsync(static app =>
            app.Run(static async context => await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path}")));
        await using var server = await Deployment.StartAsync(Shape.Embedded, static settings =>
        {
            settings["proxy_endpoints"] = "['/api']";
            settings["sticky_header"] = "X-Session-ID";
        });
        await new TestHost { Url = backend.Url }.JoinAsync(server);
        var script = server.File("script.mjs");
        await File.WriteAllTextAsync(script, Script, TestContext.Current.CancellationToken);

        var output = await node.RunAsync(script, server.Address.OriginalString.TrimEnd('/'));

        Assert.Equal("""[200,"POST /api/users",200,"GET /api/resource"]""", output.Trim());
    }
}
