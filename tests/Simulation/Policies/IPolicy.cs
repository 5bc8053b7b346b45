using Opsen.Simulation.Model;

namespace Opsen.Simulation.Policies;

/// <summary>Chooses a host for each session.</summary>
internal interface IPolicy
{
    /// <summary>A host for a session, with the cards and the reservation written to the session; null when it refuses.</summary>
    HostModel? Place(Session session, double now);

    /// <summary>The session has left its host.</summary>
    void Ended(Session session, HostModel host, double now);

    /// <summary>A host's agent reports: averages over its window.</summary>
    void Reported(HostModel host, in HostReport report, double now);

    /// <summary>Health checks have found a host lost, or back.</summary>
    void Changed(HostModel host, double now);
}

/// <summary>What an agent tells.</summary>
/// <param name="CpuPct">Use of each core, percent.</param>
/// <param name="MemoryUsedGb">Memory in use.</param>
/// <param name="MemoryAvailableGb">Memory to be had.</param>
/// <param name="CardPct">Utilisation of each card, percent.</param>
/// <param name="CardVramGb">VRAM in use on each card.</param>
internal readonly record struct HostReport(double[] CpuPct, double MemoryUsedGb, double MemoryAvailableGb, double[] CardPct, double[] CardVramGb);
