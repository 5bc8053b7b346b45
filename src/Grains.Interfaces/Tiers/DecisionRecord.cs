namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>A decision that an index remembers.</summary>
[GenerateSerializer, Immutable, Alias("opsen.DecisionRecord")]
public sealed record DecisionRecord
{
    /// <summary>The reservation that it made.</summary>
    [Id(0)]
    public required Guid ReservationId { get; init; }

    /// <summary>The host that was chosen.</summary>
    [Id(1)]
    public required string ClientId { get; init; }

    /// <summary>The tier's name.</summary>
    [Id(2)]
    public required string Tier { get; init; }

    /// <summary>When, by the silo's clock.</summary>
    [Id(3)]
    public required DateTimeOffset DecidedAt { get; init; }

    /// <summary>When <see cref="Explanation"/> was made: with the decision if that was asked to explain itself, else when this record was asked for.</summary>
    [Id(4)]
    public required DateTimeOffset ExplainedAt { get; init; }

    /// <summary>Every host, and why it was or was not chosen.</summary>
    [Id(5)]
    public required PlacementExplanation Explanation { get; init; }
}
