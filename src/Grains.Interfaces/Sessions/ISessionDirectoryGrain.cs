using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Sessions;

/// <summary>Lists a pool's sessions from storage. The key is the pool's name.</summary>
[Alias("opsen.ISessionDirectoryGrain")]
public interface ISessionDirectoryGrain : IGrainWithStringKey
{
    /// <summary>One page of assignments that are in use, oldest first.</summary>
    /// <param name="clientId">Only those on this host; null = all.</param>
    /// <param name="after">0, or <see cref="SessionPage.Next"/> of the page before.</param>
    /// <param name="limit">Most of them.</param>
    [Alias("List")]
    Task<SessionPage> List(string? clientId, long after, int limit);
}

/// <summary>Some of a pool's assignments.</summary>
/// <param name="Assignments">The assignments.</param>
/// <param name="Next">Where the next page begins; null when this is the last.</param>
[GenerateSerializer, Immutable, Alias("opsen.SessionPage")]
public sealed record SessionPage([property: Id(0)] ImmutableArray<SessionAssignment> Assignments, [property: Id(1)] long? Next);
