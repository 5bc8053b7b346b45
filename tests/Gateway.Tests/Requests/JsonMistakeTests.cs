using System.Text.Json;
using Opsen.Gateway.Requests;

namespace Opsen.Gateway.Tests.Requests;

public sealed class JsonMistakeTests
{
    [Theory]
    [InlineData("""[]""", "The body must be a JSON object.")]
    [InlineData("""7""", "The body must be a JSON object.")]
    [InlineData("""{"client_id":7}""", "client_id (line 1, byte 15) must be a string.")]
    [InlineData("""{"total_cpu":8.5}""", "total_cpu (line 1, byte 17) must be a whole number.")]
    [InlineData("""{"total_cpu":99999999999}""", "total_cpu (line 1, byte 25) must be a whole number.")]
    [InlineData("""{"latitude":"x"}""", "latitude (line 1, byte 16) must be a number.")]
    [InlineData("""{"endpoints":{}}""", "endpoints (line 1, byte 15) must be an array.")]
    [InlineData("""{"endpoints":[5]}""", "endpoints[0] (line 1, byte 16) must be a JSON object.")]
    [InlineData("""{"endpoints":[{"paths":[1]}]}""", "endpoints[0].paths[0] (line 1, byte 26) must be a string.")]
    public void Describe_WrongType_SaysWhereAndWhatBelongsThere(string body, string expected) =>
        Assert.Equal(expected, Describe(body));

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("{", "not valid JSON at line 1, byte 2")]
    [InlineData("{}}", "not valid JSON at line 1, byte 3")]
    [InlineData("{} {}", "not valid JSON")]
    [InlineData("{\"client_id\":}", "not valid JSON at line 1, byte 14")]
    [InlineData("{\"total_cpu\":NaN}", "not valid JSON")]
    [InlineData("{\"a\":1,}", "not valid JSON")]
    [InlineData("// no", "not valid JSON")]
    [InlineData("{\"client_id\":\"a\",\"client_id\":\"b\"}", "twice")]
    public void Describe_BrokenJson_SaysSoWithoutTheParsersInternals(string body, string expected)
    {
        var text = Describe(body);

        Assert.Contains(expected, text, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", text, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Describe_TooDeep_SaysSo() =>
        Assert.Contains("depth", Describe("{\"x\":" + new string('[', 100)), StringComparison.Ordinal);

    private static string Describe(string body)
    {
        var type = WireJson.Incoming.RegisterRequest;
        return JsonMistake.Describe(Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(body, type)), type);
    }
}
