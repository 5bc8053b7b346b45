using System.Buffers;
using System.Text;
using Opsen.Gateway.Proxy.TierDetection;

namespace Opsen.Gateway.Tests.Proxy;

public sealed class TierFieldScannerTests
{
    public static TheoryData<string, string?> Bodies => new()
    {
        { """{"tier":"pro"}""", "pro" },
        { """ { "a" : [1,{"tier":"no"}], "tier" : "pro" } trailing""", "pro" },
        { """{"a":{"tier":"no"},"tier":"pro"}""", "pro" },
        { """{"a":{"tier":"no"}}""", null },
        { """[{"tier":"no"}]""", null },
        { "\"tier\"", null },
        { "17", null },
        { "", null },
        { """{"tier":"first","tier":"second"}""", "first" },
        { """{"tier":7,"tier":"pro"}""", "pro" },
        { """{"tier":null}""", null },
        { """{"tier":""}""", null },
        { """{"tier":["no"]}""", null },
        { """{"tier":{"x":"no"},"y":"no"}""", null },
        { "{\"t\\u0069er\":\"pr\\u006f\"}", "pro" },
        { """{"\ud800":1,"tier":"pro"}""", "pro" },
        { """{"tier":"\ud800"}""", null },
        { """{"Tier":"no"}""", null },
        { """{"a":1,,"tier":"no"}""", null },
        { """{"tier":"pro",,broken""", "pro" },
        { """{/* no comments in JSON */"tier":"no"}""", null },
        { """{"tier":"unfinish""", null },
        { "\uFEFF{\"tier\":\"pro\"}", "pro" },
        { """{"tiér":"no","tier":"größe"}""", "größe" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Scan_WholeBody_FindsTheFirstTopLevelString(string body, string? expected)
    {
        var scanner = Create();

        Assert.Equal(ScanProgress.Done, scanner.Scan(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), isWhole: true));

        Assert.Equal(expected, scanner.Tier);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Scan_ByteByByteInSegments_FindsTheSame(string body, string? expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var scanner = Create();
        var progress = ScanProgress.NeedsMore;
        for (var length = 0; length <= bytes.Length && progress == ScanProgress.NeedsMore; length++)
        {
            progress = scanner.Scan(Segments.Of(bytes.AsMemory(0, length), segmentSize: 3), isWhole: length == bytes.Length);
        }

        Assert.Equal(ScanProgress.Done, progress);
        Assert.Equal(expected, scanner.Tier);
    }

    [Fact]
    public void Scan_TierIsThere_DoesNotAskForMore()
    {
        var scanner = Create();

        Assert.Equal(ScanProgress.Done, scanner.Scan(new ReadOnlySequence<byte>("""{"tier":"pro","rest":"""u8.ToArray()), isWhole: false));
    }

    [Fact]
    public void Scan_TextIsNoObject_DoesNotAskForMore()
    {
        var scanner = Create();

        Assert.Equal(ScanProgress.Done, scanner.Scan(new ReadOnlySequence<byte>("<xml>"u8.ToArray()), isWhole: false));
        Assert.Null(scanner.Tier);
    }

    [Fact]
    public void Scan_NestedDeeperThanTheDefaultLimit_StillFindsTheTier()
    {
        var scanner = Create();
        var nested = "{\"a\":" + new string('[', 5000) + new string(']', 5000) + ",\"tier\":\"pro\"}";

        scanner.Scan(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(nested)), isWhole: true);

        Assert.Equal("pro", scanner.Tier);
    }

    [Fact]
    public void Scan_LongStringInTinyPieces_DoesLinearWork()
    {
        var bytes = Encoding.UTF8.GetBytes("{\"prompt\":\"" + new string('x', 400_000) + "\",\"tier\":\"pro\"}");
        var body = new ReadOnlySequence<byte>(bytes);
        var scanner = Create();
        var progress = ScanProgress.NeedsMore;
        for (var length = 16L; progress == ScanProgress.NeedsMore; length = Math.Min(bytes.Length, length + 16))
        {
            progress = scanner.Scan(body.Slice(0, length), isWhole: length == bytes.Length);
        }

        Assert.Equal("pro", scanner.Tier);
    }

    [Theory]
    [InlineData("""{"client_lat":48.1,"tier":"pro","client_lon":11.5}""", 48.1, 11.5)]
    [InlineData("""{"client_lat":48.1,"client_lon":11.5}""", 48.1, 11.5)]
    [InlineData("""{"client_lat":48.1}""", 0, 0)]
    [InlineData("""{"client_lat":"48","client_lon":11.5}""", 0, 0)]
    [InlineData("""{"client_lat":91,"client_lon":11.5}""", 0, 0)]
    [InlineData("""{"client_lat":1e999,"client_lon":11.5}""", 0, 0)]
    [InlineData("""{"a":{"client_lat":48.1,"client_lon":11.5}}""", 0, 0)]
    public void Place_Coordinates_OnlyPossibleTopLevelNumbersCount(string body, double latitude, double longitude)
    {
        var scanner = Create();

        scanner.Scan(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(body)), isWhole: true);

        Assert.Equal((latitude, longitude), (scanner.Place.Latitude, scanner.Place.Longitude));
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(10_000, false)]
    public void Place_FarBehindTheTier_IsNotLookedFor(int distance, bool isFound)
    {
        var scanner = Create();
        var between = string.Concat(Enumerable.Repeat("\"a\":1,", distance / 6));

        scanner.Scan(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes($"{{\"tier\":\"pro\",{between}\"client_lat\":48.1,\"client_lon\":11.5}}")), isWhole: true);

        Assert.Equal(("pro", isFound), (scanner.Tier, scanner.Place.IsKnown));
    }

    private static TierFieldScanner Create() => new("tier"u8.ToArray());
}
