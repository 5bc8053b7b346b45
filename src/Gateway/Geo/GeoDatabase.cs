using System.Net;
using System.Net.Sockets;
using MaxMind.Db;
using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces;

namespace Opsen.Gateway.Geo;

/// <summary>One version of a GeoLite2-City file, read into memory: a mapped file that is overwritten in place would end the process.</summary>
internal sealed class GeoDatabase : IDisposable
{
    /// <summary>Records read on opening, so that a damaged file shows at once and not at some user's request.</summary>
    private const int ProbedRecords = 256;

    private readonly Reader _reader;

    private GeoDatabase(Reader reader) => _reader = reader;

    /// <exception cref="InvalidDataException">It cannot be read, is damaged, or is no City database; the message says which.</exception>
    public static GeoDatabase Open(string path)
    {
        Reader? reader = null;
        try
        {
            reader = new Reader(path, FileAccessMode.Memory);
            if (!reader.Metadata.DatabaseType.Contains("City", StringComparison.Ordinal))
            {
                throw new InvalidDataException($"it is a {reader.Metadata.DatabaseType} database, but a City database such as GeoLite2-City is needed");
            }

            foreach (var _ in reader.FindAll<CityRecord>().Take(ProbedRecords))
            {
                // Reading is the probe.
            }

            return new GeoDatabase(reader);
        }
        catch (Exception exception) when (IsUnusable(exception))
        {
            reader?.Dispose();
            throw new InvalidDataException($"geoip_db_path '{path}' cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>What the file says of an address.</summary>
    /// <exception cref="InvalidDatabaseException">The file is damaged there.</exception>
    public GeoAddress Find(IPAddress address)
    {
        // The reader follows the first bits of an IPv6 address through a tree of IPv4 addresses.
        if (_reader.Metadata.IPVersion == 4 && AddressText.Normalize(address).AddressFamily == AddressFamily.InterNetworkV6)
        {
            return GeoAddress.Unknown;
        }

        if (_reader.Find<CityRecord>(address) is not { } record)
        {
            return GeoAddress.Unknown;
        }

        var place = record.Location is { Latitude: { } latitude, Longitude: { } longitude } ? new GeoPoint(latitude, longitude) : default;
        return new GeoAddress(place, record.Country?.IsoCode ?? "", record.City?.Names?.Text ?? "");
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    /// <summary>What the reader throws for a file in another format. A damaged file can send it anywhere in its buffer.</summary>
    private static bool IsUnusable(Exception exception) => exception is InvalidDatabaseException or DeserializationException or InvalidDataException
        or IOException or UnauthorizedAccessException or ArgumentException or IndexOutOfRangeException or OverflowException or InvalidOperationException;
}
