using System.Collections.Immutable;
using Opsen.Grains.Backends;

namespace Opsen.Hosting.Storage;

/// <summary>Reads hosts from the rows of their grains' states.</summary>
internal static class StoredHosts
{
    /// <summary>The name of the state that hosts' grains keep.</summary>
    public const string StateName = "backend";

    /// <summary>Reads rows, in parallel, because parsing dominates. Rows of hosts that are no longer registered are left out.</summary>
    public static ImmutableArray<StoredHost> Read(IEnumerable<(string Key, string Json)> rows) =>
    [
        .. rows.AsParallel()
            .Select(static row => (row.Key, State: GrainStateJson.DeserializeOrMark<BackendState>(row.Json)))
            .Where(static row => row.State.Host is not null || row.State.Unreadable is not null)
            .Select(static row => new StoredHost(row.Key, row.State.Host, row.State.Unreadable ?? "")),
    ];
}
