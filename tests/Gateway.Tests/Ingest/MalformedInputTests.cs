using System.Text.Json.Nodes;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Ingest;

/// <summary>Puts every kind of wrong value into every field of every call: nothing may be taken, and nothing may fail.</summary>
public sealed class MalformedInputTests
{
    private static readonly string[] Fillings =
    [
        "{}", "[]", "[[]]", "[null]", "[1,\"a\",{}]", "true", "\"\"", "\"\\u0000\"", "\"text\"", "-1", "1e999", "-1e999", "1.5e300", "99999999999999999999", "NaN",
        "Infinity", "'x'", "\"" + new string('x', 70_000) + "\"", "{\"a\":{\"a\":{\"a\":{}}}}", "\"2026-13-45T99:00:00Z\"", "0x10", "",
    ];

    private static readonly (string Path, string Body)[] Calls = [("/register", Bodies.Register), ("/stats", Bodies.Stats), ("/route", Bodies.Route)];

    [Fact]
    public async Task EveryField_EveryWrongValue_AnswersAProblemOrIsHarmless()
    {
        await using var host = await EdgeHost.StartAsync();
        var refused = 0;
        foreach (var (path, body) in Calls)
        {
            foreach (var field in Fields(body))
            {
                foreach (var filling in Fillings)
                {
                    using var response = await host.PostAsync(path, With(body, field, filling));
                    var status = (int)response.StatusCode;
                    if (status is 200 or 404 or 503)
                    {
                        // Legal for this field, such as a text in a text field; /route has no hosts here.
                        continue;
                    }

                    Assert.True(status is 400, $"{path} with {field}={filling}: {status}");
                    Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.ToString());
                    refused++;
                }
            }
        }

        Assert.True(refused > 500, $"Only {refused} of the wrong values were refused.");
        Assert.Empty(host.Log.Errors);
        Assert.All(host.Grains.Registrations, registration =>
        {
            Assert.InRange(registration.ClientId.Length, 1, 128);
            Assert.NotEmpty(registration.Endpoints);
            Assert.True(double.IsFinite(registration.TotalMemoryGb) && registration.TotalMemoryGb >= 0);
            Assert.InRange(registration.Place.Latitude, -90, 90);
            Assert.InRange(registration.TotalCpu, 0, 4096);
        });
        Assert.All(host.Grains.Reports, report =>
        {
            Assert.All(report.CpuUsage, usage => Assert.InRange(usage, 0, 100));
            Assert.True(report.MemoryTotalGb > 0 && double.IsFinite(report.MemoryTotalGb));
            Assert.InRange(report.DiskAvailableGb, 0, report.DiskTotalGb);
        });
    }

    [Theory]
    [InlineData("/register", Bodies.Register, "client_id")]
    [InlineData("/stats", Bodies.Stats, "client_id")]
    [InlineData("/stats", Bodies.Stats, "memory_total_gb")]
    [InlineData("/stats", Bodies.Stats, "disk_total_gb")]
    [InlineData("/route", Bodies.Route, "tier")]
    [InlineData("/route", Bodies.Route, "client_lat")]
    [InlineData("/route", Bodies.Route, "client_lon")]
    public async Task RequiredField_MissingOrNull_AnswersAProblemThatNamesIt(string path, string body, string field)
    {
        await using var host = await EdgeHost.StartAsync();
        var without = JsonNode.Parse(body)!.AsObject();
        without.Remove(field);

        using var missing = await host.PostAsync(path, without.ToJsonString());
        using var isNull = await host.PostAsync(path, With(body, field, "null"));

        Assert.Contains(field, await missing.AssertProblemAsync(System.Net.HttpStatusCode.BadRequest, "bad-request"), StringComparison.Ordinal);
        Assert.Contains(field, await isNull.AssertProblemAsync(System.Net.HttpStatusCode.BadRequest, "bad-request"), StringComparison.Ordinal);
        Assert.True(host.Grains.IsUntouched);
    }

    [Theory]
    [InlineData("GET /clients HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: a\r\nX-API-Key: b\r\nX-Forwarded-For: ,,,\r\nX-Real-IP: ::::\r\n\r\n", 200)]
    [InlineData("GET /clients HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-API-Key: \xFF\r\n\r\n", 400)]
    [InlineData("GET /clients?active_only=%ZZ&active_only HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("GET /clients?active_only=maybe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 400)]
    [InlineData("POST /register HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: -5\r\n\r\n", 400)]
    [InlineData("POST /register HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 99999999999999999999\r\n\r\n", 400)]
    [InlineData("POST /register HTTP/1.0\r\nHost: x\r\n\r\n", 400)]
    [InlineData("BREW /register HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 405)]
    [InlineData("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: \"<>\r\nAccept: \0\r\n\r\n", 400)]
    public async Task RawRequest_AbsurdHead_AnswersItsStatus(string request, int status)
    {
        await using var host = await EdgeHost.StartAsync();

        var answer = await Http.SendRawAsync(host.Address, request);

        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Empty(host.Log.Errors);
        Assert.True(host.Grains.IsUntouched);
    }

    [Fact]
    public async Task RawRequest_HeadTooLarge_Answers431()
    {
        await using var host = await EdgeHost.StartAsync();

        var answer = await Http.SendRawAsync(host.Address, $"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: {new string('x', 40_000)}\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
    }

    /// <summary>The fields of a body: at the top, and in the first object of each list.</summary>
    private static IEnumerable<string> Fields(string body)
    {
        foreach (var (name, value) in JsonNode.Parse(body)!.AsObject())
        {
            yield return name;
            if (value is JsonArray and [JsonObject first, ..])
            {
                foreach (var (inner, _) in first)
                {
                    yield return $"{name}.{inner}";
                }
            }
        }
    }

    /// <summary>Replaces a field's value by text that need not be JSON.</summary>
    private static string With(string body, string field, string filling)
    {
        const string mark = "\"@\"";
        var root = JsonNode.Parse(body)!.AsObject();
        var steps = field.Split('.');
        var owner = steps.Length == 1 ? root : root[steps[0]]!.AsArray()[0]!.AsObject();
        owner[steps[^1]] = "@";
        return root.ToJsonString().Replace(mark, filling, StringComparison.Ordinal);
    }
}
