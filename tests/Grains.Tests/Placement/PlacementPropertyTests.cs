using System.Globalization;
using CsCheck;

namespace Opsen.Grains.Tests.Placement;

public sealed class PlacementPropertyTests
{
    private const int StepsPerWalk = 300;

    /// <summary>How many steps the property test takes; OPSEN_PROPERTY_STEPS asks for a long run.</summary>
    private static readonly long Steps =
        long.TryParse(Environment.GetEnvironmentVariable("OPSEN_PROPERTY_STEPS"), CultureInfo.InvariantCulture, out var steps) ? steps : 50_000;

    private static readonly Gen<Step> AnyStep = Gen.Select(Gen.Int[0, 999], Gen.Int[0, int.MaxValue - 1], Step.Create);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Place_RandomSteps_AgreesWithNaiveModel(bool isProjected) =>
        Gen.Select(Gen.Int[1, 100], AnyStep.Array[0, StepsPerWalk])
            .Sample((hosts, walk) => PlacementWalk.Run(hosts, isProjected, walk), iter: Math.Max(1, Steps * 2 / StepsPerWalk));
}
