using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Network;
using Opsen.Protocol.Configuration;

namespace Opsen.Agent.Geo;

/// <summary>
/// Finds where this host is, once its public address is known, by a GeoLite2-City file: that of <c>geoip_db_path</c>, which is fetched from
/// <c>geoip_url</c> when it is missing and again when it is a month old. Hosts without a public address fetch nothing.
/// </summary>
internal sealed partial class GeoService(
    HostPlace place, GeoDownload download, AgentOptions options, string path, TimeProvider time, ILogger<GeoService> logger) : BackgroundService
{
    /// <summary>The age at which a file is fetched again.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromDays(30);

    /// <summary>How often the file's age is looked at, and a download that failed is tried again.</summary>
    public static readonly TimeSpan LookPause = TimeSpan.FromHours(6);

    /// <summary>The file's name where <c>geoip_db_path</c> does not say.</summary>
    public const string FileName = "GeoLite2-City.mmdb";

    private string? _told;

    /// <summary>Where the file is.</summary>
    /// <param name="options">The configuration.</param>
    /// <param name="directories">Where the agent may keep what it needs, the best place first.</param>
    public static string PathOf(AgentOptions options, IReadOnlyList<string> directories) =>
        options.GeoipDbPath.Length > 0 ? options.GeoipDbPath
        : directories.Select(static directory => Path.Join(directory, FileName)).FirstOrDefault(File.Exists) ?? Path.Join(directories[0], FileName);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var changed = place.Changed;
            if (place.Address is { } address)
            {
                await RefreshAsync(stoppingToken);
                Find(address);
            }

            using var wait = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            _ = await Task.WhenAny(changed, Task.Delay(LookPause, time, wait.Token));
            await wait.CancelAsync();
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (options.GeoipUrl.Length == 0 || (File.Exists(path) && time.GetUtcNow() - File.GetLastWriteTimeUtc(path) < MaxAge))
        {
            return;
        }

        try
        {
            await download.FetchAsync(options.GeoipUrl, path, cancellationToken);
            LogFetched(path, options.GeoipUrl);
        }
#pragma warning disable CA1031 // Without the file the host has no place, or that of the file that is there; the next attempt follows.
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            LogNotFetched(options.GeoipUrl, NetworkProblem.Describe(exception), LookPause.TotalHours);
        }
    }

    private void Find(IPAddress address)
    {
        try
        {
            var found = File.Exists(path) ? GeoFile.Find(path, address) : null;
            place.Find(address, found);
            if (found is not null && _told != $"{address}")
            {
                _told = $"{address}";
                LogPlace(address, found.City, found.Country);
            }
        }
        catch (InvalidDataException exception)
        {
            LogUnusable(path, exception.Message);
        }
    }

    [LoggerMessage(1340, LogLevel.Information, "{Path} was fetched from {Url}")]
    private partial void LogFetched(string path, string url);

    [LoggerMessage(1341, LogLevel.Warning, "{Url} cannot be fetched: {Problem}. Trying again in {Hours:F0} h; until then the gateway finds the place. Set skip_geolocation, or geoip_url "
        + "to nothing, if that is enough")]
    private partial void LogNotFetched(string url, string problem, double hours);

    [LoggerMessage(1342, LogLevel.Information, "This host's public address {Address} is in {City}, {Country}")]
    private partial void LogPlace(IPAddress address, string city, string country);

    [LoggerMessage(1343, LogLevel.Warning, "geoip_db_path {Path} cannot be used: {Problem}. The gateway finds the place")]
    private partial void LogUnusable(string path, string problem);
}
