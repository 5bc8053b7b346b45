using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Hosting.Storage.Sqlite.Takeover;

/// <summary>Reads a host that the Go program stored. It checked little, so what our API would refuse is left out.</summary>
internal static partial class ReferenceHost
{
    private const int MaxId = 128;
    private const int MaxCores = 4096;
    private const int MaxGpus = 64;

    /// <summary>Port of an endpoint that a host does not name.</summary>
    private const int DefaultPort = 11000;

    /// <summary>What a host registered; null when it has no usable id or endpoint.</summary>
    public static BackendRegistration? Registration(ReferenceRow row, string pool)
    {
        var clientId = row.Text("client_id");
        if (clientId.Length is 0 or > MaxId || clientId is "." or ".." or "purge" or "purge-pending" || clientId.Any(char.IsControl) || Endpoint(row) is not { } endpoint)
        {
            return null;
        }

        var models = Read(row.Text("gpu_models"), ReferenceJson.Default.StringArray) ?? [];
        var (latitude, longitude) = (row.Number("latitude"), row.Number("longitude"));
        return new BackendRegistration
        {
            ClientId = clientId,
            Pool = pool,
            IsPoolOfGateway = true,
            Hostname = row.Text("hostname"),
            PublicIp = Address(row, "public_ip"),
            LocalIp = Address(row, "local_ip"),
            Place = Math.Abs(latitude) <= 90 && Math.Abs(longitude) <= 180 ? new GeoPoint(latitude, longitude) : default,
            Country = row.Text("country"),
            City = row.Text("city"),
            TotalCpu = (int)Math.Clamp(row.Number("total_cpu"), 0, MaxCores),
            TotalMemoryGb = Math.Max(0, row.Number("total_memory")),
            TotalStorageGb = Math.Max(0, row.Number("total_storage")),
            TotalGpus = (int)Math.Clamp(row.Number("total_gpus"), 0, MaxGpus),
            GpuModels = [.. models.Take(MaxGpus).Select(static model => model ?? "")],
            Endpoints = [new BackendEndpoint(endpoint, [])],
        };
    }

    /// <summary>A report; null when its numbers cannot be.</summary>
    public static LoadReport? Load(ReferenceRow row, DateTimeOffset time)
    {
        var cores = Read(row.Text("cpu_usage_json"), ReferenceJson.Default.DoubleArray) ?? [];
        var (memory, disk) = (row.Number("memory_total"), row.Number("disk_total"));
        if (cores.Length is 0 or > MaxCores || !(memory > 0) || !(disk > 0))
        {
            return null;
        }

        return new LoadReport
        {
            Timestamp = time,
            CpuUsage = [.. cores.Select(static core => Math.Clamp(core, 0, 100))],
            MemoryTotalGb = memory,
            MemoryUsedGb = Math.Clamp(row.Number("memory_used"), 0, memory),
            MemoryAvailableGb = Math.Clamp(row.Number("memory_avail"), 0, memory),
            DiskTotalGb = disk,
            DiskUsedGb = Math.Clamp(row.Number("disk_used"), 0, disk),
            DiskAvailableGb = Math.Clamp(row.Number("disk_avail"), 0, disk),
            Gpus = Gpus(row.Text("gpu_stats_json")),
        };
    }

    private static ImmutableArray<GpuLoad> Gpus(string json) =>
    [
        .. (Read(json, ReferenceJson.Default.GpuLoadArray) ?? []).OfType<GpuLoad>().DistinctBy(static gpu =>
            gpu.DeviceId).Take(MaxGpus).Select(static gpu => gpu with
        {
            UtilizationPct = Math.Clamp(gpu.UtilizationPct, 0, 100),
            MemoryTotalGb = Math.Max(0, gpu.MemoryTotalGb),
            MemoryUsedGb = Math.Max(0, gpu.MemoryUsedGb),
        }),
    ];

    private static string? Endpoint(ReferenceRow row)
    {
        var text = row.Text("endpoint");
        if (text.Length == 0 && (Address(row, "local_ip"), Address(row, "public_ip")) is var (local, global) && local + global is { Length: > 0 })
        {
            var address = local.Length > 0 ? local : global;
            text = address.Contains(':', StringComparison.Ordinal) ? $"http://[{address}]:{DefaultPort}" : $"http://{address}:{DefaultPort}";
        }

        return Uri.TryCreate(text, UriKind.Absolute, out var uri)
            && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            && uri is { Host.Length: > 0, Port: > 0, UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 }
                ? text.TrimEnd('/')
                : null;
    }

    /// <summary>An address; empty when it is none, such as "unknown".</summary>
    private static string Address(ReferenceRow row, string column) => IPAddress.TryParse(row.Text(column), out var address) ? address.ToString() : "";

    private static T? Read<T>(string json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return json.Length == 0 ? null : JsonSerializer.Deserialize(json, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    [JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
    [JsonSerializable(typeof(string[]))]
    [JsonSerializable(typeof(double[]))]
    [JsonSerializable(typeof(GpuLoad[]))]
    private sealed partial class ReferenceJson : JsonSerializerContext;
}
