using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Tests.Hosting;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Tests.Geo;

public sealed class GeoLocatorTests : IDisposable
{
    private static readonly IPAddress London = IPAddress.Parse("81.2.69.142");

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"opsen-geo-{Guid.NewGuid():N}.mmdb");
    private readonly LogRecorder _log = new();

    [Theory]
    [InlineData("81.2.69.142", 51.5142, -0.0931, "GB", "London")]
    [InlineData("::ffff:81.2.69.142", 51.5142, -0.0931, "GB", "London")]
    [InlineData("2001:218::1", 35.68536, 139.75309, "JP", "")]
    [InlineData("127.0.0.1", 0, 0, "", "")]
    public void Find_Address_TellsPlaceCountryAndCity(string address, double latitude, double longitude, string country, string city)
    {
        var found = TestGeo.Open().Find(IPAddress.Parse(address));

        Assert.Equal(latitude, found.Place.Latitude, 4);
        Assert.Equal(longitude, found.Place.Longitude, 4);
        Assert.Equal(country, found.Country);
        Assert.Equal(city, found.City);
    }

    [Fact]
    public void Locate_NothingConfigured_IsUnknown()
    {
        var locator = new GeoLocator(new ServerOptions());

        Assert.False(locator.Locate(London).IsKnown);
        Assert.False(locator.Locate(null).IsKnown);
        locator.Refresh();
    }

    [Theory]
    [InlineData(GeoDatabases.BrokenDouble)]
    [InlineData(GeoDatabases.BrokenNodeCount)]
    public void Constructor_DamagedDatabase_NamesFileAndKey(string name)
    {
        var path = GeoDatabases.PathOf(name);

        var error = Assert.Throws<InvalidDataException>(() => new GeoLocator(new ServerOptions { GeoipDbPath = path }));

        Assert.StartsWith($"geoip_db_path '{path}' cannot be used: ", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("no database")]
    public void Constructor_OtherFile_NamesFileAndKey(string content)
    {
        File.WriteAllText(_file, content);

        var error = Assert.Throws<InvalidDataException>(() => new GeoLocator(new ServerOptions { GeoipDbPath = _file }));

        Assert.Contains(_file, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_MissingFile_NamesFileAndKey() =>
        Assert.Contains("geoip_db_path", Assert.Throws<InvalidDataException>(() => new GeoLocator(new ServerOptions { GeoipDbPath = _file })).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Refresh_FileReplacedByABrokenOne_KeepsTheOldAndSaysSoOnce()
    {
        var locator = OpenCopy();

        File.WriteAllText(_file, "half a file");
        locator.Refresh();
        locator.Refresh();

        Assert.True(locator.Locate(London).IsKnown);
        Assert.Contains("stays in use", Assert.Single(_log.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public void Refresh_FileRepaired_IsReadAgain()
    {
        var locator = OpenCopy();
        File.Delete(_file);
        locator.Refresh();

        File.Copy(GeoDatabases.PathOf(GeoDatabases.City), _file);
        locator.Refresh();

        Assert.True(locator.Locate(London).IsKnown);
        Assert.Contains(_log.Entries, entry => entry.Level == LogLevel.Information && entry.Message == $"Read the new {_file}");
    }

    [Fact]
    public void Refresh_WhileManyLook_NeverFails()
    {
        var locator = OpenCopy();
        var written = File.GetLastWriteTimeUtc(_file);

        Parallel.For(0, 2000, i =>
        {
            Assert.True(locator.Locate(London).IsKnown);
            if (i % 200 == 0)
            {
                lock (_log)
                {
                    File.SetLastWriteTimeUtc(_file, written = written.AddSeconds(1));
                    locator.Refresh();
                }
            }
        });

        Assert.Empty(_log.Errors);
    }

    [Fact]
    public async Task GeoRefresh_FileReplaced_IsFollowedByTheClock()
    {
        var time = new FakeTimeProvider();
        var path = CopyDatabase();
        await using var host =
            await EdgeHost.StartAsync(options => options.GeoipDbPath = path, services: services => services.AddSingleton<TimeProvider>(time));

        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddHours(1));

        await Eventually.BecomesTrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return host.Log.Entries.Any(entry => entry.Message == $"Read the new {path}");
        });
    }

    [Fact]
    public async Task GeoRefresh_BrokenFile_StopsTheStart()
    {
        File.WriteAllText(_file, "no database");

        var error = await Assert.ThrowsAsync<InvalidDataException>(() => EdgeHost.StartAsync(options => options.GeoipDbPath = _file));

        Assert.Contains("geoip_db_path", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _log.Dispose();
        File.Delete(_file);
    }

    private GeoLocator OpenCopy()
    {
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(_log));
        return new GeoLocator(new ServerOptions { GeoipDbPath = CopyDatabase() }, logging.CreateLogger<GeoLocator>());
    }

    private string CopyDatabase()
    {
        File.Copy(GeoDatabases.PathOf(GeoDatabases.City), _file, overwrite: true);
        return _file;
    }
}
