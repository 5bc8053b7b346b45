using Opsen.Grains.Interfaces;
using Opsen.Grains.Placement;

namespace Opsen.Grains.Tests.Placement;

public sealed class RegionBoundsTests
{
    private const int Columns = 16;

    [Theory]
    [InlineData(180, 1)]
    [InlineData(1, 1)]
    [InlineData(1e-3, 1)]
    [InlineData(1e-6, 1)]
    [InlineData(1e-3, -1)]
    [InlineData(1e-6, -1)]
    [InlineData(1, -1)]
    public void Compute_PlacesAroundCallerOrAntipode_IsNeverHighAndHardlyLow(double spread, int side)
    {
        var random = new Random(1);
        var bounds = new float[Columns];
        for (var trial = 0; trial < 20_000; trial++)
        {
            var caller = new PlaceVector(new(random.NextDouble() * 180 - 90, random.NextDouble() * 360 - 180));
            var centres = Enumerable.Range(0, Columns).Select(_ => Near(caller, spread * Math.PI / 180, side, random)).ToArray();
            var lows = centres.Select(_ => random.NextDouble() * 300).ToArray();
            var lowest = RegionBounds.Compute(new(caller), Components(centres), Columns, hasRadii: false, lows, bounds);

            Assert.Equal(bounds.Min(), lowest);
            for (var i = 0; i < Columns; i++)
            {
                var exact = caller.DistanceKmTo(centres[i]) + lows[i];
                var slopeOfChord = Math.Cos(caller.DistanceKmTo(centres[i]) / PlaceVector.EarthRadiusKm / 2);
                Assert.InRange(bounds[i], exact - 0.04 - Math.Min(15, 0.01 / slopeOfChord), exact);
            }
        }
    }

    [Fact]
    public void Compute_WithRadius_SubtractsItButNotBelowZero()
    {
        var caller = new PlaceVector(new GeoPoint(0, 1));
        var centre = new PlaceVector(new GeoPoint(0, 2));
        var bounds = new float[RegionBounds.Lanes];
        float[] radii = [0, 11, 111, 200, 0, 0, 0, 0];
        double[] lows = [0, 0, 0, 7, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity, double.PositiveInfinity];
        float[] columns = [.. Components([.. Enumerable.Repeat(centre, RegionBounds.Lanes)]), .. radii];

        RegionBounds.Compute(new(caller), columns, RegionBounds.Lanes, hasRadii: true, lows, bounds);

        Assert.Equal(111.195, bounds[0], 0.03);
        Assert.Equal(100.195, bounds[1], 0.03);
        Assert.Equal(0.195, bounds[2], 0.03);
        Assert.Equal(7, bounds[3], 0.03);
        Assert.Equal(float.PositiveInfinity, bounds[4]);
    }

    private static float[] Components(PlaceVector[] centres) =>
        [.. centres.Select(centre => (float)centre.X), .. centres.Select(centre => (float)centre.Y), .. centres.Select(centre => (float)centre.Z)];

    private static PlaceVector Near(PlaceVector caller, double spread, int side, Random random)
    {
        double Offset() => (random.NextDouble() - 0.5) * 2 * spread;
        var (x, y, z) = ((side * caller.X) + Offset(), (side * caller.Y) + Offset(), (side * caller.Z) + Offset());
        var length = Math.Sqrt((x * x) + (y * y) + (z * z));
        return new(x / length, y / length, z / length);
    }
}
