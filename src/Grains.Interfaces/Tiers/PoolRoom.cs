using System.Collections.Immutable;

namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>What fits into a pool, as its index sees it now.</summary>
/// <param name="Pool">The pool.</param>
/// <param name="Tiers">Names of the tiers by which the index decides.</param>
/// <param name="Hosts">The hosts, in no order.</param>
[GenerateSerializer, Immutable, Alias("opsen.PoolRoom")]
public sealed record PoolRoom(
    [property: Id(0)] string Pool,
    [property: Id(1)] ImmutableArray<string> Tiers,
    [property: Id(2)] ImmutableArray<HostRoom> Hosts)
{
    /// <summary>How many more sessions of a tier fit, if no other tier's come.</summary>
    /// <param name="tier">The tier's place in <see cref="Tiers"/>.</param>
    public long Sessions(int tier) => Hosts.Sum(host => (long)host.Sessions[tier]);
}

/// <summary>What fits on one host.</summary>
/// <param name="ClientId">The host.</param>
/// <param name="Sessions">How many more sessions of each tier fit, if no other tier's come.</param>
/// <param name="Reservations">How many reservations it has.</param>
/// <param name="Refusals">The filter that refuses each tier; none where at least one session fits.</param>
[GenerateSerializer, Immutable, Alias("opsen.HostRoom")]
public readonly record struct HostRoom(
    [property: Id(0)] string ClientId,
    [property: Id(1)] ImmutableArray<int> Sessions,
    [property: Id(2)] int Reservations,
    [property: Id(3)] ImmutableArray<RefusalReason> Refusals);
