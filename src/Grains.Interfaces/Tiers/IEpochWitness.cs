using Orleans.Services;

namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>
/// One in each silo: remembers, in memory, which index decides for a pool. An index that a majority of them confirms goes on without the database; one that
/// begins tells them first.
/// </summary>
[Alias("opsen.IEpochWitness")]
public interface IEpochWitness : IGrainService
{
    /// <summary>An index begins. From now on no lower epoch is confirmed.</summary>
    [Alias("Announce")]
    Task<WitnessReply> Announce(string pool, long epoch);

    /// <summary>An index asks to go on for a while.</summary>
    [Alias("Renew")]
    Task<WitnessReply> Renew(string pool, long epoch, TimeSpan duration);
}

/// <summary>A witness' reply.</summary>
/// <param name="Epoch">The highest epoch that it knows of: above the caller's, the caller is refused.</param>
/// <param name="Left">How long an index of a lower epoch may go on that it has confirmed.</param>
[GenerateSerializer, Immutable, Alias("opsen.WitnessReply")]
public readonly record struct WitnessReply([property: Id(0)] long Epoch, [property: Id(1)] TimeSpan Left);
