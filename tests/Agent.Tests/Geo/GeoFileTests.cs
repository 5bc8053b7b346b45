using System.Net;
using Opsen.Agent.Geo;

namespace Opsen.Agent.Tests.Geo;

public sealed class GeoFileTests
{
    [Theory]
    [InlineData("81.2.69.142", 51.5142, -0.0931, "GB", "London")]
    [InlineData("2001:218::1", 35.68536, 139.75309, "JP", "")]
    public void Find_Address_TellsPlaceCountryAndCity(string address, double latitude, double longitude, string country, string city)
    {
        var place = GeoFile.Find(GeoDatabases.PathOf(GeoDatabases.City), IPAddress.Parse(address))!;
        Assert.Equal(latitude, place.Latitude, 4);
        Assert.Equal(longitude, place.Longitude, 4);
        Assert.Equal((country, city), (place.Country, place.City));
    }

    [Fact]
    public void Find_AddressThatIsNotInIt_IsUnknown() => Assert.Null(GeoFile.Find(GeoDatabases.PathOf(GeoDatabases.City), IPAddress.Parse("127.0.0.1")));

    [Theory]
    [InlineData(GeoDatabases.BrokenNodeCount)]
    [InlineData("README.md")]
    public void Check_UnusableFile_SaysSo(string name)
    {
        using var directory = new TemporaryDirectory();
        var path = name == "README.md" ? directory.Write(name, "<html>not found</html>") : GeoDatabases.PathOf(name);
        Assert.Throws<InvalidDataException>(() => GeoFile.Check(path));
    }

    [Fact]
    public void Find_NoFile_SaysSo() => Assert.Throws<InvalidDataException>(() => GeoFile.Find("/no/such.mmdb", IPAddress.Loopback));
}
