using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

public sealed class ClientFileTests
{
    [Fact]
    public void Load_EveryKeyOfTheReference_SetsEveryOption()
    {
        using var file = new ConfigurationFile(
            """
            # Basic
            server_url: http://lb.example.com:8080
            server_key: "secret"
            endpoint_url: ""

            # Metrics
            window_minutes: 20
            report_interval_seconds: 30
            disk_path: /data

            # Identity
            client_id: 12345
            hostname: "backend-1"

            # Geolocation
            skip_geolocation: true
            geoip_db_path: "./GeoLite2-City.mmdb"

            # Logging & TLS
            log_level: WARN
            insecure_tls: true

            endpoints:
              - url: https://backend:11000
                paths: ["/v1", "/api", "/auth"]
              - url: https://backend:8002
                paths: ["/monitor/*"]
              - url: https://backend:7000
                paths: ["/*"]
              - url: https://backend:6000
            """);

        var result = file.LoadClient();

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        var options = result.Options!;
        Assert.Equal(("http://lb.example.com:8080", "secret", ""), (options.ServerUrl, options.ServerKey, options.EndpointUrl));
        Assert.Equal((20, 30, "/data"), (options.WindowMinutes, options.ReportIntervalSeconds, options.DiskPath));
        Assert.Equal(("12345", "backend-1"), (options.ClientId, options.Hostname));
        Assert.Equal((true, "./GeoLite2-City.mmdb"), (options.SkipGeolocation, options.GeoipDbPath));
        Assert.Equal((LogThreshold.Warn, true), (options.LogLevel, options.InsecureTls));
        Assert.Equal(
            [("https://backend:11000", 3), ("https://backend:8002", 1), ("https://backend:7000", 1), ("https://backend:6000", 0)],
            options.Endpoints.Select(endpoint => (endpoint.Url, endpoint.Paths.Count)));
        Assert.Equal(["/v1", "/api", "/auth"], options.Endpoints[0].Paths);
    }

    [Fact]
    public void Load_KeysBesideTheReference_SetTheirOptions()
    {
        using var file = new ConfigurationFile(
            "cores: 0-3,8\nstate_dir: /var/lib/opsen\nreport_change_pct: 0\ndrain_on_shutdown: true\nagent_check_port: 0\npool: ''\nwindow_minutes: 0.25\n");

        var result = file.LoadClient();

        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
        var options = result.Options!;
        Assert.Equal(("0-3,8", "/var/lib/opsen", "", 0.25), (options.Cores, options.StateDir, options.Pool, options.WindowMinutes));
        Assert.Equal([0, 1, 2, 3, 8], CoreList.Parse(options.Cores));
    }

    [Fact]
    public void Load_EndpointUrlBesideEndpoints_WarnsThatItHasNoEffect()
    {
        using var file = new ConfigurationFile("endpoint_url: http://a\nendpoints: [{url: http://b}]\n");

        Assert.StartsWith($"{file.Path}:1: endpoint_url: has no effect beside endpoints", Assert.Single(file.LoadClient().Warnings), StringComparison.Ordinal);
    }
}
