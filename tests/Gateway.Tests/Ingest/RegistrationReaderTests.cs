using System.Net;
using System.Text.Json;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Ingest;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Tests.Ingest;

public sealed class RegistrationReaderTests
{
    private static readonly RegisterRequest Valid = new() { ClientId = "host-1", LocalIp = "10.0.0.7" };

    [Fact]
    public void Read_WholeBody_KeepsEveryField()
    {
        var registration = Read(Parse(Bodies.Register));

        Assert.Equal("host-1", registration.ClientId);
        Assert.Equal("backend-1", registration.Hostname);
        Assert.Equal("default", registration.Pool);
        Assert.Equal("203.0.113.7", registration.PublicIp);
        Assert.Equal("10.0.0.7", registration.LocalIp);
        Assert.Equal(new GeoPoint(52.52, 13.405), registration.Place);
        Assert.Equal("DE", registration.Country);
        Assert.Equal("Berlin", registration.City);
        Assert.Equal(8, registration.TotalCpu);
        Assert.Equal(32, registration.TotalMemoryGb);
        Assert.Equal(500, registration.TotalStorageGb);
        Assert.Equal(1, registration.TotalGpus);
        Assert.Equal(["L4"], registration.GpuModels);
        var endpoint = Assert.Single(registration.Endpoints);
        Assert.Equal("http://10.0.0.7:9001", endpoint.Url);
        Assert.Equal(["/api", "*"], endpoint.Paths);
    }

    [Fact]
    public void Read_BodyOfTheReferenceAgent_TreatsUnknownAsAbsent()
    {
        var registration = Read(Parse(Bodies.ReferenceRegister));

        Assert.Equal("", registration.PublicIp);
        Assert.Equal("", registration.Country);
        Assert.Equal("", registration.City);
        Assert.False(registration.Place.IsKnown);
        Assert.Equal("http://10.1.2.3:8000", registration.Endpoint);
        Assert.Empty(registration.Endpoints[0].Paths);
    }

    [Theory]
    [InlineData("http://a:1/", "http://b:2", "10.0.0.7", "203.0.113.7", "http://a:1")]
    [InlineData(null, "https://b.example/base/", "10.0.0.7", "203.0.113.7", "https://b.example/base")]
    [InlineData(null, null, "10.0.0.7", "203.0.113.7", "http://10.0.0.7:11000")]
    [InlineData(null, "", "unknown", "203.0.113.7", "http://203.0.113.7:11000")]
    [InlineData(null, null, "fd00::7", null, "http://[fd00::7]:11000")]
    [InlineData(null, null, "::ffff:10.0.0.7", null, "http://10.0.0.7:11000")]
    public void Read_SeveralAddresses_TakesTheFirstInOrder(string? first, string? endpointUrl, string? localIp, string? publicIp, string expected)
    {
        var request = Valid with
        {
            Endpoints = first is null ? [] : [new EndpointEntry { Url = first }, new EndpointEntry { Url = "http://other:3", Paths = ["/x"] }],
            EndpointUrl = endpointUrl,
            LocalIp = localIp,
            PublicIp = publicIp,
        };

        var registration = Read(request);

        Assert.Equal(expected, registration.Endpoint);
        Assert.Equal(first is null ? 1 : 2, registration.Endpoints.Length);
    }

    [Fact]
    public void Read_NoAddressAtAll_SaysWhatToSend()
    {
        var detail = Refusal(Valid with { LocalIp = "unknown" });

        Assert.Contains("endpoint_url", detail, StringComparison.Ordinal);
        Assert.Contains("local_ip", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "default")]
    [InlineData("", "default")]
    [InlineData("gpu-1", "gpu-1")]
    public void Read_Pool_DefaultsToTheGateways(string? pool, string expected) => Assert.Equal(expected, Read(Valid with { Pool = pool }).Pool);

    public static TheoryData<string, RegisterRequest> Mistakes() => new()
    {
        { "client_id", Valid with { ClientId = null } },
        { "client_id", Valid with { ClientId = "" } },
        { "client_id", Valid with { ClientId = " host" } },
        { "client_id", Valid with { ClientId = "host\t" } },
        { "client_id", Valid with { ClientId = "a\nb" } },
        { "client_id", Valid with { ClientId = "a\u2028b" } },
        { "client_id", Valid with { ClientId = new string('a', 129) } },
        { "hostname", Valid with { Hostname = new string('a', 254) } },
        { "hostname", Valid with { Hostname = "a\0b" } },
        { "public_ip", Valid with { PublicIp = "1" } },
        { "public_ip", Valid with { PublicIp = "010.0.0.1" } },
        { "local_ip", Valid with { LocalIp = "[::1]" } },
        { "local_ip", Valid with { LocalIp = "fe80::1%eth0" } },
        { "local_ip", Valid with { LocalIp = "host.example" } },
        { "latitude", Valid with { Latitude = 90.1, Longitude = 0 } },
        { "longitude", Valid with { Latitude = 0, Longitude = -180.5 } },
        { "latitude and longitude", Valid with { Latitude = 10 } },
        { "latitude and longitude", Valid with { Longitude = 10 } },
        { "latitude", Valid with { Latitude = double.PositiveInfinity, Longitude = 1 } },
        { "country", Valid with { Country = new string('a', 129) } },
        { "city", Valid with { City = new string('a', 129) } },
        { "total_cpu", Valid with { TotalCpu = -1 } },
        { "total_cpu", Valid with { TotalCpu = 4097 } },
        { "total_memory_gb", Valid with { TotalMemoryGb = -1 } },
        { "total_memory_gb", Valid with { TotalMemoryGb = double.NaN } },
        { "total_storage_gb", Valid with { TotalStorageGb = double.PositiveInfinity } },
        { "total_gpus", Valid with { TotalGpus = 65 } },
        { "total_gpus", Valid with { TotalGpus = -1 } },
        { "gpu_models", Valid with { GpuModels = [.. Enumerable.Repeat("x", 65)] } },
        { "gpu_models[0]", Valid with { GpuModels = [new string('x', 129)] } },
        { "pool", Valid with { Pool = "Upper" } },
        { "pool", Valid with { Pool = "a/b" } },
        { "pool", Valid with { Pool = new string('a', 65) } },
        { "endpoint_url", Valid with { EndpointUrl = "10.0.0.7:9000" } },
        { "endpoint_url", Valid with { EndpointUrl = "ftp://10.0.0.7" } },
        { "endpoint_url", Valid with { EndpointUrl = "http:///path" } },
        { "endpoint_url", Valid with { EndpointUrl = "http:host" } },
        { "endpoint_url", Valid with { EndpointUrl = "http://user:pass@host" } },
        { "endpoint_url", Valid with { EndpointUrl = "http://host?q" } },
        { "endpoint_url", Valid with { EndpointUrl = "http://host#f" } },
        { "endpoint_url", Valid with { EndpointUrl = " http://host" } },
        { "endpoint_url", Valid with { EndpointUrl = "http://host:99999" } },
        { "endpoint_url", Valid with { EndpointUrl = "http://host:0" } },
        { "endpoint_url", Valid with { EndpointUrl = @"http:\\host" } },
        { "endpoint_url", Valid with { EndpointUrl = "/relative" } },
        { "endpoint_url", Valid with { EndpointUrl = "http://h/" + new string('a', 2048) } },
        { "endpoints", Valid with { Endpoints = [.. Enumerable.Repeat(new EndpointEntry { Url = "http://a" }, 65)] } },
        { "endpoints[0].url", Valid with { Endpoints = [new EndpointEntry()] } },
        { "endpoints[1].url", Valid with { Endpoints = [new EndpointEntry { Url = "http://a" }, null!] } },
        { "endpoints[0].paths", WithPaths([.. Enumerable.Repeat("/", 257)]) },
        { "endpoints[0].paths[0]", WithPaths(["api"]) },
        { "endpoints[0].paths[1]", WithPaths(["/api", ""]) },
        { "endpoints[0].paths[0]", WithPaths(["/" + new string('a', 1024)]) },
        { "endpoints[0].paths[0]", WithPaths([null!]) },
    };

    [Theory]
    [MemberData(nameof(Mistakes), DisableDiscoveryEnumeration = true)]
    public void Read_ValueThatCannotBe_NamesTheField(string field, RegisterRequest request) =>
        Assert.StartsWith($"{field} ", Refusal(request), StringComparison.Ordinal);

    [Fact]
    public void Read_SeveralMistakes_NamesThemTogether()
    {
        var detail = Refusal(Valid with { ClientId = "", TotalCpu = -1, Pool = "A" });

        Assert.Contains("client_id", detail, StringComparison.Ordinal);
        Assert.Contains("total_cpu", detail, StringComparison.Ordinal);
        Assert.Contains("pool", detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NoCoordinates_FindsThemByPublicAddress()
    {
        var registration = Read(Valid with { PublicIp = "81.2.69.142", Latitude = 0, Longitude = 0, City = "unknown" }, geo: TestGeo.Open());

        Assert.Equal(51.5142, registration.Place.Latitude, 4);
        Assert.Equal("GB", registration.Country);
        Assert.Equal("London", registration.City);
    }

    [Fact]
    public void Read_PublicAddressSaidToBeUnknown_LeavesThePlaceUnknown() =>
        Assert.False(Read(Valid with { PublicIp = "unknown" }, IPAddress.Parse("81.2.69.142"), TestGeo.Open()).Place.IsKnown);

    [Fact]
    public void Read_NoCoordinatesAndNoPublicAddress_FindsThemByTheConnection()
    {
        var registration = Read(Valid with { City = "Slough" }, IPAddress.Parse("::ffff:81.2.69.142"), TestGeo.Open());

        Assert.Equal(51.5142, registration.Place.Latitude, 4);
        Assert.Equal("Slough", registration.City);
        Assert.Equal("", registration.PublicIp);
    }

    [Fact]
    public void Read_OwnCoordinates_KeepsThem()
    {
        var registration = Read(Valid with { PublicIp = "81.2.69.142", Latitude = 1, Longitude = 2 }, geo: TestGeo.Open());

        Assert.Equal(new GeoPoint(1, 2), registration.Place);
        Assert.Equal("", registration.City);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("purge")]
    [InlineData("purge-pending")]
    public void Read_IdThatNoPathCanName_IsRefused(string id) => Assert.Contains("no path could name", Refusal(Valid with { ClientId = id }), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://localhost:8080/app")]
    [InlineData("http://[::1]:8080")]
    [InlineData("http://[::ffff:127.0.0.1]:8080")]
    [InlineData("http://2130706433:8080")]
    [InlineData("http://0x7f000001:8080")]
    [InlineData("http://127.0.0.1:9901/metrics")]
    public void Read_EndpointIsTheGatewayItself_IsRefused(string url) =>
        Assert.Contains("own listeners", Refusal(Valid with { EndpointUrl = url, Endpoints = null }, new ServerOptions { Host = "::" }), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:8081")]
    [InlineData("http://203.0.113.5:8080")]
    [InlineData("http://[::1]:9901")]
    public void Read_EndpointIsElsewhere_IsTaken(string url) => Assert.Equal(url, Read(Valid with { EndpointUrl = url, Endpoints = null }).Endpoint);

    private static RegisterRequest WithPaths(IReadOnlyList<string> paths) =>
        Valid with { Endpoints = [new EndpointEntry { Url = "http://a", Paths = paths }] };

    private static RegisterRequest Parse(string body) => JsonSerializer.Deserialize(body, WireJson.Incoming.RegisterRequest)!;

    private static BackendRegistration Read(RegisterRequest request, IPAddress? client = null, GeoLocator? geo = null)
    {
        var options = new ServerOptions();
        var checks = new FieldChecks();
        var registration = new RegistrationReader(options, new OwnListeners(options), BackendNetworks.Usual, geo ?? new GeoLocator(options))
            .Read(request, client, checks);
        Assert.True(registration is not null, checks.Detail);
        return registration;
    }

    private static string Refusal(RegisterRequest request, ServerOptions? given = null)
    {
        var options = given ?? new ServerOptions();
        var checks = new FieldChecks();
        Assert.Null(new RegistrationReader(options, new OwnListeners(options), BackendNetworks.Usual, new GeoLocator(options))
            .Read(request, client: null, checks));
        return checks.Detail;
    }
}
