namespace Opsen.Protocol.Http;

/// <summary>Answer of <c>GET /clients/{id}/history</c>: what a host has reported lately.</summary>
public sealed record HistoryResponse
{
    /// <summary>The host.</summary>
    public required string ClientId { get; init; }

    /// <summary>The points, the oldest first.</summary>
    public required IReadOnlyList<HistoryEntry> Points { get; init; }
}

/// <summary>One report as shares, percent; null for what the host did not tell.</summary>
/// <param name="Time">When it came, RFC 3339.</param>
/// <param name="CpuPct">Mean use of the cores.</param>
/// <param name="MemoryPct">Memory that is not available.</param>
/// <param name="DiskPct">Disk that is not available.</param>
/// <param name="GpuPct">Mean use of the cards.</param>
/// <param name="VramPct">VRAM in use.</param>
public sealed record HistoryEntry(DateTimeOffset Time, double? CpuPct, double? MemoryPct, double? DiskPct, double? GpuPct, double? VramPct);
