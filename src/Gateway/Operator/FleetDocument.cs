using System.Text.Json.Serialization;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Operator;

/// <summary>Response of <c>GET /api/fleet</c>: the fleet as this gateway sees it, or what changed in it.</summary>
internal sealed record FleetDocument
{
    /// <summary>What to ask for next with <c>since</c>. Numbers of different runs of a gateway have nothing in common; see <see cref="Run"/>.</summary>
    public required long Version { get; init; }

    /// <summary>The gateway's run; when it changes, what is known is void.</summary>
    public required string Run { get; init; }

    /// <summary>Whether <see cref="Hosts"/> has all hosts.</summary>
    public required bool Full { get; init; }

    /// <summary>The gateway's clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The gateway's machine.</summary>
    public required string Gateway { get; init; }

    /// <summary>Its version.</summary>
    public required string Program { get; init; }

    /// <summary>The pools, in the order in which they are asked.</summary>
    public required IReadOnlyList<PoolDocument> Pools { get; init; }

    /// <summary>The tiers; a host's <see cref="HostDocument.Room"/> is in their order.</summary>
    public required IReadOnlyList<TierDocument> Tiers { get; init; }

    /// <summary>Hosts that are new or different.</summary>
    public required IReadOnlyList<HostDocument> Hosts { get; init; }

    /// <summary>Ids of hosts that went.</summary>
    public required IReadOnlyList<string> Removed { get; init; }

    /// <summary>Requests in progress from this gateway, of hosts that have some.</summary>
    public required IReadOnlyDictionary<string, long> Active { get; init; }
}

/// <summary>A pool.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Panic">Whether routing ignores health in it.</param>
/// <param name="RoomKnown">Whether its index has told the room lately.</param>
internal sealed record PoolDocument(string Name, bool Panic, bool RoomKnown);

/// <summary>A tier, and how many more of its sessions fit.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Vcpu">Cores.</param>
/// <param name="MemoryGb">Memory, GB.</param>
/// <param name="StorageGb">Disk, GB.</param>
/// <param name="Gpu">Cards.</param>
/// <param name="GpuMemoryGb">VRAM that those cards must have free together, GB.</param>
/// <param name="Room">How many more sessions fit in all pools together, if no other tier's come.</param>
internal sealed record TierDocument(string Name, int Vcpu, double MemoryGb, double StorageGb, int Gpu, double GpuMemoryGb, long Room);

/// <summary>A host.</summary>
internal sealed record HostDocument
{
    /// <summary>Its identity.</summary>
    public required string ClientId { get; init; }

    /// <summary>Its name; its identity when it registered without one.</summary>
    public required string Hostname { get; init; }

    /// <summary>Its first endpoint.</summary>
    public required string Endpoint { get; init; }

    /// <summary>Its pool.</summary>
    public required string Pool { get; init; }

    /// <summary>The first thing that keeps new sessions from it; in_service when nothing does.</summary>
    public required string State { get; init; }

    /// <summary>What an operator decided: in_service, draining, drained or maintenance.</summary>
    public required string Lifecycle { get; init; }

    /// <summary>When its sessions must have left.</summary>
    public DateTimeOffset? DrainDeadline { get; init; }

    /// <summary>Last report.</summary>
    public required DateTimeOffset LastSeen { get; init; }

    /// <summary>City and country; empty when unknown.</summary>
    public required string Location { get; init; }

    /// <summary>Degrees north; null when unknown.</summary>
    public double? Latitude { get; init; }

    /// <summary>Degrees east; null when unknown.</summary>
    public double? Longitude { get; init; }

    /// <summary>Smoothed latency of its probes, ms; null when it is not probed.</summary>
    public double? LatencyMs { get; init; }

    /// <summary>Endpoints that do not serve while others do.</summary>
    public IReadOnlyList<string>? DownEndpoints { get; init; }

    /// <summary>Use of each core, percent.</summary>
    public required IReadOnlyList<double> Cpu { get; init; }

    /// <summary>Memory, GB; null when unknown.</summary>
    public AmountDocument? Memory { get; init; }

    /// <summary>Disk, GB; null when unknown.</summary>
    public AmountDocument? Disk { get; init; }

    /// <summary>Cards.</summary>
    public IReadOnlyList<CardDocument>? Gpus { get; init; }

    /// <summary>Sessions; null when they could not be counted.</summary>
    public int? Sessions { get; init; }

    /// <summary>Reservations.</summary>
    public required int Reservations { get; init; }

    /// <summary>How many more sessions of each tier fit, in the order of <see cref="FleetDocument.Tiers"/>.</summary>
    public required IReadOnlyList<int> Room { get; init; }

    /// <summary>Why no session of a tier fits, in the same order: cpu, memory, disk, gpu, stale …; empty where one does.</summary>
    public required IReadOnlyList<string> Refusals { get; init; }
}

/// <summary>An amount of something.</summary>
/// <param name="Used">In use.</param>
/// <param name="Available">Available to new sessions.</param>
/// <param name="Total">All.</param>
internal sealed record AmountDocument(double Used, double Available, double Total);

/// <summary>A GPU card.</summary>
/// <param name="Id">Its index on its host.</param>
/// <param name="Name">Model.</param>
/// <param name="UtilizationPct">Use, percent.</param>
/// <param name="MemoryUsedGb">VRAM in use, GB.</param>
/// <param name="MemoryTotalGb">VRAM, GB; 0 when unknown.</param>
/// <param name="TemperatureC">Temperature, °C.</param>
/// <param name="PowerDrawW">Power, W; 0 when unknown.</param>
internal sealed record CardDocument(
    int Id, string Name, double UtilizationPct, double MemoryUsedGb, double MemoryTotalGb, double TemperatureC, double PowerDrawW);

/// <summary>Response of <c>GET /api/events</c>: how hosts changed, the latest first.</summary>
/// <param name="Events">The changes.</param>
internal sealed record EventListDocument(IReadOnlyList<HostEvent> Events);

/// <summary>A change of a host's state.</summary>
/// <param name="Time">When this gateway saw it.</param>
/// <param name="ClientId">The host.</param>
/// <param name="Hostname">Its name.</param>
/// <param name="From">Its state before; empty when it was not there.</param>
/// <param name="To">Its state then; empty when it went.</param>
internal sealed record HostEvent(DateTimeOffset Time, string ClientId, string Hostname, string From, string To);

/// <summary>Reads and writes these types.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FleetDocument))]
[JsonSerializable(typeof(EventListDocument))]
[JsonSerializable(typeof(IReadOnlyList<TierDocument>))]
[JsonSerializable(typeof(List<ConfigurationSetting>))]
internal sealed partial class OperatorJsonContext : JsonSerializerContext;
