using System.Text;
using Opsen.Examples.Quickstart.Fleet;
using Opsen.Examples.Quickstart.Traffic;
using Opsen.Protocol.Http;

namespace Opsen.Examples.Quickstart.Live;

/// <summary>Draws one frame of the live view.</summary>
internal static class HostTable
{
    private const int BarWidth = 20;
    private const int MessageWidth = 100;

    /// <summary>The frame as lines of plain text.</summary>
    public static string Render(LocalFleet fleet, IReadOnlyList<ClientEntry> hosts, TrafficLog traffic, string note)
    {
        var counts = fleet.Backends.ToDictionary(static backend => backend.Name, backend => traffic.Count(backend.Name));
        var total = Math.Max(1, counts.Values.Sum(static count => count.Routed + count.Proxied));
        var text = new StringBuilder()
            .AppendLine($"Opsen at {fleet.Gateway.OriginalString}, console at {fleet.Admin.OriginalString}")
            .AppendLine()
            .AppendLine($"{"HOST",-11}{"ENDPOINT",-25}{"CORES",-9}{"CPU",-8}{"MEMORY GB",-13}{"HEALTH",-11}{"LATENCY",-10}REQUESTS IN {TrafficLog.Span.TotalSeconds:0} S");
        foreach (var backend in fleet.Backends)
        {
            var host = hosts.FirstOrDefault(host => host.Hostname == backend.Name);
            var (routed, proxied) = counts[backend.Name];
            var bar = new string('#', BarWidth * (routed + proxied) / total);
            text.AppendLine(
                $"{backend.Name,-11}{backend.Url.OriginalString,-25}{backend.Cores,-9}{Cpu(host),-8}{host?.MemoryGb ?? "-",-13}{Health(host),-11}"
                + $"{(host is null ? "-" : host.LatencyMs + " ms"),-10}{bar.PadRight(BarWidth)} {routed} routed, {proxied} proxied");
        }

        var (failed, last) = traffic.Failures();
        return text.AppendLine()
            .AppendLine(failed == 0 ? "No request has failed." : $"{failed} requests failed, the last with: {Shorten(last)}")
            .AppendLine(note)
            .AppendLine()
            .AppendLine("Press 1 or 2 to load a backend, q or Ctrl-C to stop everything. Or from another terminal:")
            .AppendLine($"  curl {fleet.Gateway.OriginalString}{LocalFleet.ProxiedPrefix}/hello")
            .AppendLine($"  curl -H '{LocalFleet.SessionHeader}: me' {fleet.Gateway.OriginalString}{LocalFleet.ProxiedPrefix}/hello")
            .AppendLine($"  curl -d '{{\"tier\":\"{LocalFleet.Tier}\"}}' -H 'Content-Type: application/json' {fleet.Gateway.OriginalString}/route")
            .AppendLine($"  curl {fleet.Gateway.OriginalString}/clients")
            .AppendLine($"  curl -X POST '{fleet.Backends[0].Url.OriginalString}/load?seconds=20'")
            .AppendLine($"  kill -9 {fleet.Backends[1].Process.Id}   # {fleet.Backends[1].Name}; requests go on")
            .ToString();
    }

    private static string Shorten(string? text) => text is { Length: > MessageWidth } ? text[..MessageWidth] + " ..." : text ?? "";

    // The mean of the backend's cores; the wire has one "12.3%" for each.
    private static string Cpu(ClientEntry? host) =>
        host is null || host.CpuUsage.Count == 0 ? "-" : $"{host.CpuUsage.Average(static core => double.Parse(core.TrimEnd('%'))):0.0} %";

    private static string Health(ClientEntry? host) => host switch
    {
        null => "starting",
        { IsActive: false } => "stale",
        _ => host.HealthStatus,
    };
}
