namespace Opsen.Grains.Interfaces.Tiers;

/// <summary>Asks an index for room that it does not have yet. The same ticket is shown again and again until it is served, or its holder leaves.</summary>
[GenerateSerializer, Immutable, Alias("opsen.WaitTicket")]
public sealed record WaitTicket
{
    /// <summary>The ticket.</summary>
    [Id(0)]
    public required Guid Id { get; init; }

    /// <summary>What is wanted.</summary>
    [Id(1)]
    public required PlacementRequest Request { get; init; }

    /// <summary>Whose it is: those who wait are served in turn, each as often as its weight says.</summary>
    [Id(2)]
    public string Tenant { get; init; } = "";

    /// <summary>Higher ones are served first.</summary>
    [Id(3)]
    public int Priority { get; init; }

    /// <summary>Its tenant's share beside others of the same priority.</summary>
    [Id(4)]
    public double Weight { get; init; } = 1;

    /// <summary>How long its holder has waited before, at another index.</summary>
    [Id(5)]
    public TimeSpan Waited { get; init; }

    /// <summary>How long to wait in this call.</summary>
    [Id(6)]
    public TimeSpan Wait { get; init; }
}

/// <summary>What became of a <see cref="WaitTicket"/>.</summary>
[GenerateSerializer, Alias("opsen.WaitOutcome")]
public enum WaitOutcome
{
    /// <summary>A host has room, which is held under <see cref="WaitAnswer.Slot"/> for a moment.</summary>
    Served,

    /// <summary>Not yet.</summary>
    Waiting,

    /// <summary>More wait than can.</summary>
    Full,

    /// <summary>The index does not decide.</summary>
    Unavailable,

    /// <summary>The tier is not configured.</summary>
    UnknownTier,
}

/// <summary>The index's answer to a <see cref="WaitTicket"/>.</summary>
/// <param name="Outcome">How it stands.</param>
/// <param name="Slot">The reservation that holds the room; it ends for the one that is made in its place (<see cref="PlacementRequest.Slot"/>).</param>
/// <param name="Position">How many of the same tier are served before it, and itself: 1 is next. Weights aside.</param>
/// <param name="Estimated">How long it still takes at the pace at which the tier was served lately; null when none was.</param>
[GenerateSerializer, Immutable, Alias("opsen.WaitAnswer")]
public sealed record WaitAnswer(
    [property: Id(0)] WaitOutcome Outcome,
    [property: Id(1)] Guid Slot = default,
    [property: Id(2)] int Position = 0,
    [property: Id(3)] TimeSpan? Estimated = null);
