using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Opsen.Gateway.Problems;
using Opsen.Gateway.Tests.Hosting;

namespace Opsen.Gateway.Tests.Requests;

public sealed class JsonBodyTests
{
    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON;charset=\"UTF-8\"")]
    [InlineData(null)]
    public async Task ReadAsync_JsonOrNoContentType_IsTaken(string? contentType)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.PostAsync("/register", Http.Json(Bodies.Register, contentType));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("host-1", Assert.Single(host.Grains.Registrations).ClientId);
    }

    [Theory]
    [InlineData("/register", "text/plain")]
    [InlineData("/stats", "application/x-www-form-urlencoded")]
    [InlineData("/route", "application/problem+json")]
    [InlineData("/register", "application/json; charset=utf-16")]
    [InlineData("/register", "nonsense")]
    [InlineData("/clients/purge", "text/plain")]
    public async Task ReadAsync_OtherContentType_Answers415(string path, string contentType)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.Client.PostAsync(path, Http.Json(Bodies.Register, contentType));

        await response.AssertProblemAsync(HttpStatusCode.UnsupportedMediaType, ProblemTypes.UnsupportedMediaType);
        Assert.True(host.Grains.IsUntouched);
    }

    [Theory]
    [InlineData("{\"gpus\":[", "{}", "]}")]
    [InlineData("{\"cpu_usage_avg\":[", "1", "]}")]
    [InlineData("{\"x\":[", "[[],{\"a\":0}]", "]}")]
    public async Task ReadAsync_MillionsOfValues_IsRefusedBeforeTheyAreObjects(string begin, string value, string end)
    {
        await using var host = await EdgeHost.StartAsync();
        var body = begin + string.Join(',', Enumerable.Repeat(value, 500_000)) + end;

        using var response = await host.Client.PostAsync("/stats", Http.Json(body));

        Assert.Contains("more than 20000 values", await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_AsManyValuesAsTheLargestHostHas_IsTaken()
    {
        await using var host = await EdgeHost.StartAsync();
        var usage = string.Join(',', Enumerable.Repeat("12.345678", 4096));

        using var response = await host.Client.PostAsync("/stats", Http.Json(
            Bodies.Stats.Replace("[12.5, 80]", $"[{usage}]", StringComparison.Ordinal).Replace("\"cpu_cores\": 2", "\"cpu_cores\": 4096", StringComparison.Ordinal)));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("/route", null, null, true)]
    [InlineData("/route", "Origin", "http://elsewhere.example", false)]
    [InlineData("/route", "Sec-Fetch-Site", "cross-site", false)]
    [InlineData("/register", null, null, false)]
    public async Task ReadAsync_TextAsFetchSendsIt_IsTakenOfProgramsThatAskForAHost(string path, string? header, string? value, bool isTaken)
    {
        await using var host = await EdgeHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent("{}"u8.ToArray()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "text/plain;charset=UTF-8");
        if (header is not null)
        {
            request.Headers.TryAddWithoutValidation(header, value);
        }

        using var response = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        // An empty object lacks what the call wants, which is said only of JSON.
        Assert.Equal(isTaken ? HttpStatusCode.BadRequest : HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Fact]
    public async Task ReadAsync_CompressedBody_Answers415()
    {
        await using var host = await EdgeHost.StartAsync();
        using var content = Http.Json(Bodies.Register);
        content.Headers.ContentEncoding.Add("gzip");

        using var response = await host.Client.PostAsync("/register", content);

        await response.AssertProblemAsync(HttpStatusCode.UnsupportedMediaType, ProblemTypes.UnsupportedMediaType);
    }

    [Theory]
    [InlineData(true, 'x')]
    [InlineData(true, ' ')]
    [InlineData(false, 'x')]
    [InlineData(false, ' ')]
    public async Task ReadAsync_ElevenMegabytes_Answers413(bool announced, char filler)
    {
        await using var host = await EdgeHost.StartAsync();
        using var request = Large(11 << 20, announced, filler);

        using var response = await host.Client.SendAsync(request);

        var detail = await response.AssertProblemAsync(HttpStatusCode.RequestEntityTooLarge, ProblemTypes.BodyTooLarge);
        Assert.Contains("10485760", detail, StringComparison.Ordinal);
        Assert.True(host.Grains.IsUntouched);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ReadAsync_ConfiguredLimit_IsExact(bool announced)
    {
        await using var host = await EdgeHost.StartAsync(options => options.MaxRequestBodyBytes = 5000);

        using var largest = await host.Client.SendAsync(Large(5000, announced, ' '));
        using var tooLarge = await host.Client.SendAsync(Large(5001, announced, ' '));

        Assert.Equal(HttpStatusCode.OK, largest.StatusCode);
        await tooLarge.AssertProblemAsync(HttpStatusCode.RequestEntityTooLarge, ProblemTypes.BodyTooLarge);
        Assert.Single(host.Grains.Registrations);
    }

    [Fact]
    public async Task ReadAsync_LimitMeantForUploads_DoesNotHoldForJson()
    {
        await using var host = await EdgeHost.StartAsync(options => options.MaxRequestBodyBytes = 1L << 40);

        using var response = await host.Client.SendAsync(Large(17 << 20, announced: true, ' '));

        await response.AssertProblemAsync(HttpStatusCode.RequestEntityTooLarge, ProblemTypes.BodyTooLarge);
    }

    [Fact]
    public async Task ReadAsync_BodyThatStops_Answers408()
    {
        await using var host = await EdgeHost.StartAsync(options => options.RequestTimeoutSeconds = 1);

        var answer = await Http.SendRawAsync(
            host.Address, "POST /stats HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"client_id\":");

        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
        Assert.Contains("urn:opsen:problem:request-timeout", answer, StringComparison.Ordinal);
        Assert.Contains("Connection: close", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_ClientGoesAway_IsNoError()
    {
        await using var host = await EdgeHost.StartAsync();
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(host.Address.Host, host.Address.Port);
            await client.GetStream().WriteAsync("POST /stats HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"u8.ToArray());
            client.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        await Eventually.BecomesTrueAsync(() => host.Log.Entries.Any(entry =>
            entry.Message.Contains("went away", StringComparison.Ordinal) || entry.Message.StartsWith("Bad request:", StringComparison.Ordinal)));
        Assert.Empty(host.Log.Errors);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"text\"")]
    [InlineData("{")]
    [InlineData("{}garbage")]
    [InlineData("{\"client_id\":\"\\ud800\"}")]
    public async Task ReadAsync_NoObject_Answers400(string body)
    {
        await using var host = await EdgeHost.StartAsync();

        using var response = await host.PostAsync("/register", body);

        await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.BadRequest);
    }

    [Theory]
    [InlineData("{\"client_id\":\"a\xFFz\"}")]
    [InlineData("{\"other\":\"a\xC0\xAFz\"}")]
    public async Task ReadAsync_InvalidUtf8_Answers400(string latin)
    {
        await using var host = await EdgeHost.StartAsync();
        using var content = new ByteArrayContent(Encoding.Latin1.GetBytes(latin)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

        using var response = await host.Client.PostAsync("/register", content);

        Assert.Contains("UTF-8", await response.AssertProblemAsync(HttpStatusCode.BadRequest, ProblemTypes.BadRequest), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_BrokenChunks_Answers400()
    {
        await using var host = await EdgeHost.StartAsync();

        var answer = await Http.SendRawAsync(
            host.Address, "POST /register HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n0\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.Contains("urn:opsen:problem:bad-request", answer, StringComparison.Ordinal);
    }

    /// <summary>A valid registration with filler behind it, so that blanks keep it valid.</summary>
    private static HttpRequestMessage Large(int bytes, bool announced, char filler)
    {
        var content = Http.Json(Bodies.Register + new string(filler, bytes - Encoding.UTF8.GetByteCount(Bodies.Register)));
        return new HttpRequestMessage(HttpMethod.Post, "/register")
        {
            Content = content,
            Headers = { TransferEncodingChunked = announced ? null : true, ExpectContinue = true },
        };
    }
}
