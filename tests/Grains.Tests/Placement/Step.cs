namespace Opsen.Grains.Tests.Placement;

/// <summary>What one random step does.</summary>
internal enum StepKind
{
    Place,
    Report,
    State,
    Move,
    Remove,
    Release,
    Renew,
    Wait,
    Ask,
    Restore,
    Storm,
    ReleaseAll,
}

/// <summary>One random step: what it does, and the seed of its details.</summary>
internal readonly record struct Step(StepKind Kind, int Seed)
{
    /// <summary>How often each kind comes, in percent, in the order of <see cref="StepKind"/>.</summary>
    private static readonly int[] Weights = [40, 21, 6, 3, 2, 12, 4, 5, 4, 1, 1];

    /// <summary>The step that two random numbers mean; a thousandth of them clears the ledger.</summary>
    public static Step Create(int permille, int seed)
    {
        var sum = 0;
        for (var kind = 0; kind < Weights.Length; kind++)
        {
            sum += Weights[kind] * 10;
            if (permille < sum)
            {
                return new((StepKind)kind, seed);
            }
        }

        return new(StepKind.ReleaseAll, seed);
    }
}
