namespace Opsen.Grains.Placement;

/// <summary>What a reservation was granted for. Shared by all reservations of a tier; one that was granted before the tier was changed or removed keeps what it
/// was granted.</summary>
/// <param name="name">The tier's name.</param>
/// <param name="number">The tier of the index that has this name, or <see cref="Gone"/>.</param>
/// <param name="need">What the reservation holds.</param>
internal sealed class ReservedTier(string name, int number, in TierNeed need)
{
    /// <summary>The number of a tier that is configured no more.</summary>
    public const int Gone = -1;

    private readonly TierNeed _need = need;

    /// <summary>The tier's name.</summary>
    public string Name { get; } = name;

    /// <summary>The tier of the index that has this name, or <see cref="Gone"/>.</summary>
    public int Number { get; } = number;

    /// <summary>How many live reservations were granted for it.</summary>
    public int Live { get; set; }

    /// <summary>What the reservation holds.</summary>
    public ref readonly TierNeed Need => ref _need;
}
