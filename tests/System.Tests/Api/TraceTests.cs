using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

public class TraceTests
{
    private const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";

    [Theory]
    [InlineData("01", true)]
    [InlineData("00", false)]
    public async Task Trace_RequestOfACallerThatHasDecided_GoesThroughGrainsToTheBackendAndTheCollector(string flags, bool isTraced)
    {
        var received = new ConcurrentQueue<string>();
        await using var collector = await LocalBackend.StartAsync(app => app.Run(context => CollectAsync(context, received)), HttpProtocols.Http2);
        await using var backend = await LocalBackend.StartAsync(app =>
            app.Run(static context => context.Response.WriteAsync(context.Request.Headers.TraceParent.ToString())));
        await using var server = await Deployment.StartAsync(Shape.Embedded, settings =>
        {
            settings["otlp_endpoint"] = collector.Url;
            settings["trace_sample_pct"] = "0.0001";
            settings["proxy_endpoints"] = "['/app']";
            settings["rate_limit_per_minute"] = "0";
        });
        await new TestHost { Url = backend.Url }.JoinAsync(server);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/app/x");
        request.Headers.Add("traceparent", $"00-{TraceId}-00f067aa0ba902b7-{flags}");
        using var response = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var parts = (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('-');
        Assert.Equal((TraceId, flags), (parts[1], parts[3]));
        Assert.Equal(isTraced, parts[2] != "00f067aa0ba902b7");
        if (isTraced)
        {
            var id = Encoding.Latin1.GetString(Convert.FromHexString(TraceId));
            await Eventually.HoldsAsync(
                "every span has come",
                () => Task.FromResult(received.Where(spans => spans.Contains(id, StringComparison.Ordinal)) is var own
                    && ((string[])["forward", "place", "ITierIndexGrain/ReleaseAndPlace", "opsen.client_id"]).All(
                        name => own.Any(spans => spans.Contains(name, StringComparison.Ordinal)))));
        }
        else
        {
            Assert.Empty(received);
        }
    }

    /// <summary>The service of OTLP over gRPC, as far as an exporter needs it.</summary>
    private static async Task CollectAsync(HttpContext context, ConcurrentQueue<string> received)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.Path == "/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            received.Enqueue(Encoding.Latin1.GetString(body.ToArray()));
        }

        context.Response.ContentType = "application/grpc";
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }
}
