using System.Globalization;
using System.Text;
using System.Text.Json;
using Opsen.Agent.Sampling;
using Opsen.Protocol.Http;

namespace Opsen.Agent.Commands;

/// <summary><c>opsen-agent --once</c>: one reading, as a table or as the report that would be sent.</summary>
internal static class OnceCommand
{
    private const double BytesPerGb = 1024.0 * 1024 * 1024;
    private const int CoresOfALine = 8;
    private const int NameWidth = 10;

    /// <summary>Takes the reading and writes it.</summary>
    /// <returns>0, or 1 when there is nothing to tell.</returns>
    public static async Task<int> RunAsync(OneReading reading, string diskPath, bool asJson, TextWriter output)
    {
        await reading.TakeAsync();
        if (reading.Report.Stats() is not { } stats)
        {
            await output.WriteLineAsync("The system tells neither the state of its cores nor of its memory.");
            return 1;
        }

        if (asJson)
        {
            using var document = JsonDocument.Parse(JsonSerializer.SerializeToUtf8Bytes(stats, ProtocolJsonContext.Default.StatsRequest));
            using var buffer = new MemoryStream();
            await using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            {
                document.WriteTo(json);
            }

            await output.WriteLineAsync(Encoding.UTF8.GetString(buffer.ToArray()));
            return 0;
        }

        await output.WriteAsync(Table(reading, diskPath));
        return 0;
    }

    private static string Table(OneReading reading, string diskPath)
    {
        var text = new StringBuilder();
        var means = reading.Host.Read(TimeSpan.MaxValue)!;
        AddCores(text, means);
        if (means is { MemoryTotalBytes: { } total, MemoryUsedBytes: { } used })
        {
            Add(text, "Memory", $"{Gb(used)} of {Gb(total)} GB used ({Percent(100 * used / total)}), {Gb(total - used)} GB available");
        }
        else
        {
            Add(text, "Memory", "unknown");
        }

        Add(text, "Disk", reading.Disk.Read() is { } disk
            ? $"{diskPath}: {Gb(disk.TotalBytes - disk.FreeBytes)} of {Gb(disk.TotalBytes)} GB used, {Gb(disk.AvailableBytes)} GB available"
            : $"{diskPath}: unknown");
        foreach (var card in reading.Gpus.Read())
        {
            AddCard(text, card);
        }

        if (means.Pressure is { } pressure)
        {
            var (cpu, memory, io) = (Percent(pressure.CpuPct), Percent(pressure.MemoryPct), Percent(pressure.IoPct));
            Add(text, "Pressure", $"programs waited for a core {cpu}, memory {memory}, a disk {io} of the time");
        }

        return text.ToString();
    }

    private static void AddCores(StringBuilder text, HostMeans means)
    {
        if (means.CpuUsage.Length == 0)
        {
            Add(text, "CPU", $"{means.CoreCount} cores, their use is unknown");
            return;
        }

        var (used, stolen, waiting) = (Percent(means.CpuUsage.Average()), Percent(means.StealPct ?? 0), Percent(means.IowaitPct ?? 0));
        Add(text, "CPU", $"{means.CpuUsage.Length} cores, {used} used, {stolen} stolen, {waiting} waiting for a disk");
        foreach (var line in means.CpuUsage.Chunk(CoresOfALine))
        {
            Add(text, "", string.Join("  ", line.Select(static core => Percent(core).PadLeft(7))));
        }
    }

    private static void AddCard(StringBuilder text, GpuMeans card)
    {
        var vram = card.Newest.UsesHostMemory ? "uses the host's memory"
            : card.MemoryTotalBytes is not { } total ? "VRAM unknown"
            : card.MemoryUsedBytes is not { } used ? $"{Gb(total)} GB VRAM, use unknown"
            : $"{Gb(used)} of {Gb(total)} GB VRAM used";
        var (busy, heat, power) = (Known(card.UtilizationPct, Percent), Known(card.TemperatureC, Celsius), Known(card.PowerW, Watts));
        var faults = (card.Newest.EccErrors > 0 ? string.Create(CultureInfo.InvariantCulture, $", {card.Newest.EccErrors} memory errors") : "")
            + (card.Newest.Xid is { } xid ? string.Create(CultureInfo.InvariantCulture, $", Xid {xid}") : "");
        Add(text, $"GPU {card.Card.Index}", $"{card.Card.Name}: {busy} used, {vram}, {heat}, {power}, {card.Card.Uuid}{faults}");
    }

    private static void Add(StringBuilder text, string name, string value) => text.Append(name.PadRight(NameWidth)).AppendLine(value);

    private static string Known(double? value, Func<double, string> format) => value is { } known ? format(known) : "unknown";

    private static string Percent(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:F1} %");

    private static string Celsius(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:F0} °C");

    private static string Watts(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:F0} W");

    private static string Gb(double bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / BytesPerGb:F1}");
}
