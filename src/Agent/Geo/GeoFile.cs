using System.Net;
using MaxMind.Db;

namespace Opsen.Agent.Geo;

/// <summary>A GeoLite2-City file, opened for one lookup and closed again: an agent asks once, and the file is larger than the agent.</summary>
internal static class GeoFile
{
    // Found in every City database; that they can be read shows that its tree and its records are there.
    private static readonly IPAddress[] Probes = [IPAddress.Parse("8.8.8.8"), IPAddress.Parse("81.2.69.160"), IPAddress.Parse("2001:4860:4860::8888")];

    /// <summary>What a file says of an address.</summary>
    /// <returns>Null when it says nothing.</returns>
    /// <exception cref="InvalidDataException">The file cannot be read, is damaged or is no City database.</exception>
    public static Place? Find(string path, IPAddress address) => Use(path, reader => Find(reader, address));

    /// <summary>Reads some of a file.</summary>
    /// <exception cref="InvalidDataException">The file cannot be read, is damaged or is no City database.</exception>
    public static void Check(string path) => Use(path, static reader =>
    {
        foreach (var probe in Probes)
        {
            _ = Find(reader, probe);
        }

        return true;
    });

    private static T Use<T>(string path, Func<Reader, T> use)
    {
        try
        {
            using var reader = new Reader(path, FileAccessMode.MemoryMapped);
            return reader.Metadata.DatabaseType.Contains("City", StringComparison.Ordinal)
                ? use(reader)
                : throw new InvalidDataException($"it is a {reader.Metadata.DatabaseType} database, but a City database such as GeoLite2-City is needed");
        }
#pragma warning disable CA1031 // A damaged file fails in many ways, none of which may end the agent.
        catch (Exception exception) when (exception is not InvalidDataException)
#pragma warning restore CA1031
        {
            throw new InvalidDataException(exception.Message, exception);
        }
    }

    private static Place? Find(Reader reader, IPAddress address)
    {
        if (reader.Metadata.IPVersion == 4 && address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6)
        {
            return null;
        }

        var record = reader.Find<Dictionary<string, object>>(address);
        return Value(record, "location", "latitude") is double latitude && Value(record, "location", "longitude") is double longitude
            && latitude is >= -90 and <= 90 && longitude is >= -180 and <= 180
                ? new Place(
                    latitude,
                    longitude,
                    Value(record, "country", "iso_code") as string ?? "",
                    Value(record, "city", "names", "en") as string ?? "")
                : null;
    }

    private static object? Value(Dictionary<string, object>? record, params ReadOnlySpan<string> path)
    {
        object? value = record;
        foreach (var name in path)
        {
            value = value is IDictionary<string, object> map && map.TryGetValue(name, out var inner) ? inner : null;
        }

        return value;
    }
}
