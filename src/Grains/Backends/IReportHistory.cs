using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>Keeps reports for people and their tools. No decision depends on it.</summary>
public interface IReportHistory
{
    /// <summary>Records an accepted report. Never waits and never fails; written in bulk within seconds, so a crash may lose it.</summary>
    /// <param name="clientId">The host's identity.</param>
    /// <param name="receivedAt">When the silo received it: an agent's clock may be wrong.</param>
    /// <param name="report">The report.</param>
    void Add(string clientId, DateTimeOffset receivedAt, LoadReport report);

    /// <summary>What the host has reported since a moment, the oldest first. Reports of the last seconds may not be there yet.</summary>
    /// <param name="clientId">The host's identity.</param>
    /// <param name="since">The moment.</param>
    Task<IReadOnlyList<HistoryPoint>> ReadAsync(string clientId, DateTimeOffset since);

    /// <summary>Deletes, in the background, what the host has reported so far. Never waits and never fails; rows left by a crash go when they are
    /// old.</summary>
    /// <param name="clientId">The host's identity.</param>
    void Forget(string clientId);
}
