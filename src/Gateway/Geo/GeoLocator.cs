using System.Net;
using MaxMind.Db;
using Microsoft.Extensions.Logging.Abstractions;
using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Geo;

/// <summary>Finds where an address is, from the configured GeoLite2-City file. Safe for any number of threads; follows the file when it is replaced.</summary>
internal sealed partial class GeoLocator
{
    private readonly string _path;
    private readonly ILogger<GeoLocator> _logger;
    private volatile GeoDatabase? _database;
    private FileStamp _stamp;
    private int _damageReported;

    /// <summary>Opens the configured file; without one every place is unknown.</summary>
    /// <exception cref="InvalidDataException">The file cannot be used; the message names it and the reason.</exception>
    public GeoLocator(ServerOptions options, ILogger<GeoLocator>? logger = null)
    {
        _path = options.GeoipDbPath;
        _logger = logger ?? NullLogger<GeoLocator>.Instance;
        if (_path.Length > 0)
        {
            _stamp = FileStamp.Of(_path);
            _database = GeoDatabase.Open(_path);
        }
    }

    /// <summary>The address's place; unknown when no file is configured or the file does not have it.</summary>
    public GeoPoint Locate(IPAddress? address) => Find(address).Place;

    /// <summary>The address's place, country and city.</summary>
    public GeoAddress Find(IPAddress? address)
    {
        if (address is null || _database is not { } database)
        {
            return GeoAddress.Unknown;
        }

        try
        {
            return database.Find(AddressText.Normalize(address));
        }
        catch (Exception exception) when (exception is InvalidDatabaseException or DeserializationException)
        {
            if (Interlocked.Exchange(ref _damageReported, 1) == 0)
            {
                LogDamaged(exception, _path);
            }

            return GeoAddress.Unknown;
        }
    }

    /// <summary>Reopens the file if it has changed. An unusable file is reported once and the old one stays in use. Not for concurrent use.</summary>
    internal void Refresh()
    {
        var stamp = _path.Length == 0 ? default : FileStamp.Of(_path);
        if (stamp == _stamp)
        {
            return;
        }

        // Remembered before reading, so that a file still being written is read again when it is complete.
        _stamp = stamp;
        try
        {
            // The old one is left to the garbage collector: a lookup may still be reading it, and it holds only memory.
            _database = GeoDatabase.Open(_path);
            _damageReported = 0;
            LogReplaced(_path);
        }
        catch (InvalidDataException exception)
        {
            LogRefused(exception, _path);
        }
    }

    [LoggerMessage(3101, LogLevel.Information, "Read the new {Path}")]
    private partial void LogReplaced(string path);

    [LoggerMessage(3102, LogLevel.Error, "{Path} changed but cannot be used; the one read before stays in use")]
    private partial void LogRefused(Exception exception, string path);

    [LoggerMessage(3103, LogLevel.Error, "{Path} is damaged: some addresses have no place")]
    private partial void LogDamaged(Exception exception, string path);

    /// <summary>Identifies a version of a file; default if the file is missing or inaccessible.</summary>
    private readonly record struct FileStamp(DateTime LastWrite, long Length)
    {
        public static FileStamp Of(string path)
        {
            try
            {
                var file = new FileInfo(path);
                return file.Exists ? new FileStamp(file.LastWriteTimeUtc, file.Length) : default;
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return default;
            }
        }
    }
}
