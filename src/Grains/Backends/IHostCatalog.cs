using System.Collections.Immutable;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Grains.Backends;

/// <summary>Reads all that is stored of hosts at once, for an index that starts. A host is stored by its own grain and nowhere else, so there is no second list
/// that could differ.</summary>
public interface IHostCatalog
{
    /// <summary>Every stored host of every pool, in no order.</summary>
    Task<ImmutableArray<StoredHost>> ReadAsync();
}

/// <summary>A host as it is stored.</summary>
/// <param name="ClientId">The host.</param>
/// <param name="Host">Its state; null when that cannot be read.</param>
/// <param name="Problem">Why it cannot be read; empty when it can.</param>
public readonly record struct StoredHost(string ClientId, HostSnapshot? Host, string Problem = "");
