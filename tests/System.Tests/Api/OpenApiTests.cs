using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Api;

/// <summary>The API's description beside the API itself.</summary>
[Collection(SharedDeploymentTests.Name)]
public class OpenApiTests(SharedDeployments shared)
{
    [Fact]
    public async Task Description_IsTheOneInTheRepository()
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var file = Path.Combine(BuildOutput.RepositoryRoot, "docs", "openapi.json");
        var text = await server.Http.GetStringAsync(new Uri(server.Admin, "/openapi.json"), TestContext.Current.CancellationToken) + "\n";
        if (Environment.GetEnvironmentVariable("OPSEN_WRITE_DOCS") == "1")
        {
            await File.WriteAllTextAsync(file, text, TestContext.Current.CancellationToken);
        }

        Assert.Equal(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), text);
    }

    [Fact]
    public async Task EveryCall_MadeForReal_AnswersAsDescribed()
    {
        var server = await shared.GetAsync(Shape.Embedded);
        var document = JsonNode.Parse(await server.Http.GetStringAsync(new Uri(server.Admin, "/openapi.json"), TestContext.Current.CancellationToken))!;
        var host = await new TestHost { FreeVram = [20], Endpoints = [("http://127.0.0.1:1/openapi", ["/api"])] }.JoinAsync(server);
        var route = new JsonObject { ["tier"] = "lite", ["client_lat"] = host.Latitude, ["client_lon"] = host.Longitude };
        var reservation = (await server.PostAsync("/route?explain=true", route)).Expect(HttpStatusCode.OK)["reservation_id"].GetString();
        var bodies = new Dictionary<string, JsonNode> { ["/register"] = host.Registration(), ["/stats"] = host.Report(), ["/route"] = route };
        var checkedCalls = 0;
        foreach (var (path, operations) in document["paths"]!.AsObject())
        {
            // Those that end something last, and not those that end what other tests have.
            var calls = operations!.AsObject().OrderBy(static one => one.Key == "delete");
            foreach (var (method, operation) in calls.Where(_ => !path.Contains("purge", StringComparison.Ordinal)))
            {
                var id = path.StartsWith("/clients", StringComparison.Ordinal) && method != "delete" ? host.Id
                    : path is "/decisions/{id}" or "/reservations/{id}/renew" ? reservation : "nobody";
                using var content = bodies.TryGetValue(path, out var body) ? new StringContent(body.ToJsonString(), null, "application/json") : null;
                var target = path.Replace("{id}", id, StringComparison.Ordinal).Replace("{sticky_id}", "nobody", StringComparison.Ordinal);
                var reply = await server.SendAsync(new HttpMethod(method.ToUpperInvariant()), target, content);
                Check(document, $"{method} {path}", operation!["responses"]!, reply);
                checkedCalls++;
            }
        }

        Assert.InRange(checkedCalls, 18, 100);
        (await server.SendAsync(HttpMethod.Delete, $"/clients/{host.Id}", null)).Expect(HttpStatusCode.NoContent);
    }

    private static void Check(JsonNode document, string call, JsonNode responses, Reply reply)
    {
        var described = responses[$"{(int)reply.Status}"];
        Assert.True(described is not null, $"{call} answered {(int)reply.Status}, which is not described");
        if (described["content"]?.AsObject().Single().Value!["schema"] is not { } schema)
        {
            Assert.Equal("", reply.Text);
            return;
        }

        var root = new JsonObject { ["allOf"] = new JsonArray(schema.DeepClone()), ["$defs"] = document["components"]!["schemas"]!.DeepClone() };
        var text = root.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal);
        var result = JsonSchema.FromText(text).Evaluate(JsonElement.Parse(reply.Text), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(result.IsValid, $"{call}: {reply.Text} is not as described: {JsonSerializer.Serialize(result)}");
    }
}
