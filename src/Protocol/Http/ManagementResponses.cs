namespace Opsen.Protocol.Http;

/// <summary>Answer of <c>POST /register</c> and <c>POST /stats</c>.</summary>
/// <param name="Status">"registered" or "ok".</param>
public sealed record StatusResponse(string Status);

/// <summary>Answer of <c>GET /health</c>.</summary>
/// <param name="Status">Always "ok" while the process answers.</param>
/// <param name="Timestamp">The server's time, RFC 3339.</param>
/// <param name="TotalClients">Hosts known.</param>
/// <param name="ActiveClients">Hosts that reported within <c>stale_minutes</c>.</param>
/// <param name="UnhealthyClients">Hosts whose probes fail.</param>
/// <param name="Panic">Whether so many are unhealthy that routing ignores health (<c>panic_threshold_pct</c>).</param>
public sealed record HealthResponse(string Status, DateTimeOffset Timestamp, int TotalClients, int ActiveClients, int UnhealthyClients, bool Panic);

/// <summary>Response of the calls that take a host out of service and put it back.</summary>
/// <param name="ClientId">The host's identity.</param>
/// <param name="Lifecycle">As in <see cref="ClientEntry.Lifecycle"/>.</param>
/// <param name="DrainDeadline">When the sessions of a draining host move, RFC 3339; absent when they stay until they end.</param>
public sealed record LifecycleResponse(string ClientId, string Lifecycle, DateTimeOffset? DrainDeadline);

/// <summary>Answer of the purge calls.</summary>
/// <param name="Status">"success".</param>
/// <param name="Purged">How many hosts or reservations went.</param>
/// <param name="Timestamp">The server's time, RFC 3339.</param>
public sealed record PurgeResponse(string Status, int Purged, DateTimeOffset Timestamp);

/// <summary>One host in the response of <c>GET /clients</c>, formatted for people as the Go program formats it.</summary>
public sealed record ClientEntry
{
    /// <summary>The host's identity.</summary>
    public required string ClientId { get; init; }

    /// <summary>The host's name.</summary>
    public required string Hostname { get; init; }

    /// <summary>Main endpoint URL.</summary>
    public required string Endpoint { get; init; }

    /// <summary>"City, CC".</summary>
    public required string Location { get; init; }

    /// <summary>Cores in the latest report, else as registered.</summary>
    public required int CpuCores { get; init; }

    /// <summary>Each core as "12.3%".</summary>
    public required IReadOnlyList<string> CpuUsage { get; init; }

    /// <summary>"used/total" in GB with one decimal.</summary>
    public required string MemoryGb { get; init; }

    /// <summary>"used/total" in GB with one decimal.</summary>
    public required string DiskGb { get; init; }

    /// <summary>Last report or registration, RFC 3339.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>Whether the host reported within <c>stale_minutes</c>.</summary>
    public required bool IsActive { get; init; }

    /// <summary>"unknown", "healthy" or "unhealthy".</summary>
    public required string HealthStatus { get; init; }

    /// <summary>Smoothed probe latency in ms with one decimal.</summary>
    public required string LatencyMs { get; init; }

    /// <summary>Last probe, RFC 3339; absent before the first.</summary>
    public DateTimeOffset? LastHealthCheck { get; init; }

    /// <summary>URLs of endpoints that do not serve while others of the host do; absent when there is none.</summary>
    public IReadOnlyList<string>? DownEndpoints { get; init; }

    /// <summary>"in_service", "draining" (no new sessions), "drained" (past its deadline: sessions move) or "maintenance" (out at once).</summary>
    public required string Lifecycle { get; init; }

    /// <summary>When the sessions of a draining host move, RFC 3339; absent when they stay until they end.</summary>
    public DateTimeOffset? DrainDeadline { get; init; }

    /// <summary>Sessions that the host has, as it was a moment ago; absent when that cannot be found out now.</summary>
    public int? Sessions { get; init; }

    /// <summary>Number of cards; absent on a host without.</summary>
    public int? TotalGpus { get; init; }

    /// <summary>Model names; absent on a host without cards.</summary>
    public IReadOnlyList<string>? GpuModels { get; init; }

    /// <summary>Cards in the latest report; absent on a host without.</summary>
    public IReadOnlyList<ClientGpuEntry>? GpuStats { get; init; }
}

/// <summary>One card in <see cref="ClientEntry.GpuStats"/>.</summary>
public sealed record ClientGpuEntry
{
    /// <summary>The card's index on its host.</summary>
    public required int DeviceId { get; init; }

    /// <summary>Model name.</summary>
    public required string Name { get; init; }

    /// <summary>"45.0%".</summary>
    public required string Utilization { get; init; }

    /// <summary>"used/total GB" with one decimal.</summary>
    public required string Vram { get; init; }

    /// <summary>"61°C".</summary>
    public required string Temperature { get; init; }

    /// <summary>"220W"; absent when the card does not report it.</summary>
    public string? PowerDraw { get; init; }

    /// <summary>The card's own identity; absent when the agent does not report it.</summary>
    public string? Uuid { get; init; }
}
