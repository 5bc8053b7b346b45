using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>Keeps what hosts reported, for people and their tools. Nothing is decided by it.</summary>
public interface IReportHistory
{
    /// <summary>Notes an accepted report. Never waits and never fails; written in bulk within seconds, so a crash may lose it.</summary>
    /// <param name="clientId">The host's identity.</param>
    /// <param name="receivedAt">When the silo received it: an agent's clock may be wrong.</param>
    /// <param name="report">The report.</param>
    void Add(string clientId, DateTimeOffset receivedAt, LoadReport report);

    /// <summary>Takes out, in the background, what the host reported until now. Never waits and never fails; what a crash leaves goes when it is old.</summary>
    /// <param name="clientId">The host's identity.</param>
    void Forget(string clientId);
}
