using System.Collections.Immutable;
using Orleans.CodeGeneration;

namespace Opsen.Grains.Interfaces.Sessions;

/// <summary>Lists a pool's sessions from storage. The key is the pool's name.</summary>
[Alias("opsen.ISessionDirectoryGrain"), Version(1)]
public interface ISessionDirectoryGrain : IGrainWithStringKey
{
    /// <summary>One page of assignments that are in use, oldest first.</summary>
    /// <param name="clientId">Only those on this host; null = all.</param>
    /// <param name="after">0, or <see cref="SessionPage.Next"/> of the page before.</param>
    /// <param name="limit">Most of them.</param>
    [Alias("List")]
    Task<SessionPage> List(string? clientId, long after, int limit);

    /// <summary>How many assignments are in use on each host, as it was a moment ago.</summary>
    [Alias("Count")]
    Task<ImmutableArray<SessionCount>> Count();
}

/// <summary>How many assignments a host has.</summary>
/// <param name="ClientId">The host.</param>
/// <param name="AffinityEpoch">The host's epoch when they were made: void ones are not left out (<see cref="Backends.HostSnapshot.AffinityEpoch"/>).</param>
/// <param name="Count">How many.</param>
[GenerateSerializer, Immutable, Alias("opsen.SessionCount")]
public readonly record struct SessionCount([property: Id(0)] string ClientId, [property: Id(1)] long AffinityEpoch, [property: Id(2)] int Count);

/// <summary>Some of a pool's assignments.</summary>
/// <param name="Assignments">The assignments.</param>
/// <param name="Next">Where the next page begins; null when this is the last.</param>
[GenerateSerializer, Immutable, Alias("opsen.SessionPage")]
public sealed record SessionPage([property: Id(0)] ImmutableArray<SessionAssignment> Assignments, [property: Id(1)] long? Next);
