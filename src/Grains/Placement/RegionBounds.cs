using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Opsen.Grains.Placement;

/// <summary>Bounds scores from below, eight regions at a time in single precision. A bound may be low by some metres, never high: what survives
/// it is judged exactly.</summary>
internal static class RegionBounds
{
    /// <summary>Columns are as long as a multiple of this.</summary>
    public const int Lanes = 8;

    // Error budget, in radii. A component of a place is off by at most 2^-25, so the difference of two by 2^-24 and a chord by √3 · 2^-24, which
    // is 5.2e-8 for half a chord; the square, the sum and the root add less than 4 · 2^-24 of it. Both are taken off before the arc sine, because
    // near the antipode the arc grows much faster than the chord.
    private const float HalfChordError = 6e-8f;
    private const float HalfChordScale = 1 - 4e-7f;

    // The arc sine below is off by 2e-8 and its evaluation by 5e-7, which is 6.4 m at 2R.
    private const float MarginKm = 0.02f;

    // Rounding a score without distance to single precision, and adding it.
    private const float ScoreScale = 1 - 3e-7f;
    private const float DiameterKm = (float)(2 * PlaceVector.EarthRadiusKm);

    /// <summary>The next multiple of <see cref="Lanes"/>.</summary>
    public static int RoundUp(int count) => (count + Lanes - 1) & -Lanes;

    /// <summary>A chord as a distance in single precision, rounded up.</summary>
    public static float RadiusKm(double chord) => chord == 0 ? 0 : (float)((PlaceVector.ArcKm(chord) * (1 + 1e-6)) + 1e-3);

    /// <summary>The lowest of a padded column.</summary>
    public static double Min(ReadOnlySpan<double> column)
    {
        var lowest = Vector256.Create(double.PositiveInfinity);
        ref var start = ref MemoryMarshal.GetReference(column);
        for (var i = 0; i < column.Length; i += Vector256<double>.Count)
        {
            lowest = Vector256.MinNative(lowest, Vector256.LoadUnsafe(ref start, (nuint)i));
        }

        var half = Vector128.MinNative(lowest.GetLower(), lowest.GetUpper());
        return Math.Min(half.GetElement(0), half.GetElement(1));
    }

    /// <summary>The lowest of a padded column.</summary>
    public static float Min(ReadOnlySpan<float> column)
    {
        var lowest = Vector256.Create(float.PositiveInfinity);
        ref var start = ref MemoryMarshal.GetReference(column);
        for (var i = 0; i < column.Length; i += Lanes)
        {
            lowest = Vector256.MinNative(lowest, Vector256.LoadUnsafe(ref start, (nuint)i));
        }

        return MinElement(lowest);
    }

    /// <summary>Where to cut a sorted column in two: at a gap that is wide, and not far from the middle. All equal: in the middle.</summary>
    public static int FindWidestGap(ReadOnlySpan<float> sorted)
    {
        var (cut, widest) = (sorted.Length / 2, 0f);
        for (var i = 1; i < sorted.Length; i++)
        {
            var gap = (sorted[i] - sorted[i - 1]) * Math.Min(i, sorted.Length - i);
            (cut, widest) = gap > widest ? (i, gap) : (cut, widest);
        }

        return cut;
    }

    /// <summary>The first slot that holds a value.</summary>
    public static int IndexOf(ReadOnlySpan<float> column, float value)
    {
        ref var start = ref MemoryMarshal.GetReference(column);
        for (var i = 0; i < column.Length; i += Lanes)
        {
            var equal = Vector256.Equals(Vector256.LoadUnsafe(ref start, (nuint)i), Vector256.Create(value)).ExtractMostSignificantBits();
            if (equal != 0)
            {
                return i + BitOperations.TrailingZeroCount(equal);
            }
        }

        return -1;
    }

    /// <summary>Which of the next <see cref="Lanes"/> bounds may be below a score: a bit for each.</summary>
    public static uint FindBelow(ReadOnlySpan<float> bounds, int start, double score)
    {
        var limit = Vector256.Create(MathF.BitIncrement((float)score));
        return Vector256.LessThan(Vector256.Create(bounds.Slice(start, Lanes)), limit).ExtractMostSignificantBits();
    }

    /// <summary>For each region <c>max(0, distance to its centre - radius) + low</c>, less all that rounding may have added; returns the lowest.</summary>
    /// <param name="caller">The caller.</param>
    /// <param name="columns">The centres' three components and the radii in km, one column after the other.</param>
    /// <param name="stride">From one column to the next.</param>
    /// <param name="hasRadii">Whether there are radii; they are 0 otherwise.</param>
    /// <param name="lows">Lowest scores without distance, padded to a multiple of <see cref="Lanes"/>.</param>
    /// <param name="bounds">Gets the bounds; as long as <paramref name="lows"/>.</param>
    public static float Compute(
        in CallerPlace caller, ReadOnlySpan<float> columns, int stride, bool hasRadii, ReadOnlySpan<double> lows, Span<float> bounds)
    {
        // One check here stands for those of all unchecked accesses below.
        ref var xs = ref MemoryMarshal.GetReference(columns[..(((hasRadii ? 3 : 2) * stride) + lows.Length)]);
        ref var ys = ref Unsafe.Add(ref xs, stride);
        ref var zs = ref Unsafe.Add(ref ys, stride);
        ref var radii = ref hasRadii ? ref Unsafe.Add(ref zs, stride) : ref xs;
        ref var scores = ref MemoryMarshal.GetReference(lows);
        ref var results = ref MemoryMarshal.GetReference(bounds[..lows.Length]);
        var (callerX, callerY, callerZ) = (Vector256.Create(caller.X), Vector256.Create(caller.Y), Vector256.Create(caller.Z));
        var lowest = Vector256.Create(float.PositiveInfinity);
        for (nuint i = 0; i < (nuint)lows.Length; i += Lanes)
        {
            var dx = Vector256.LoadUnsafe(ref xs, i) - callerX;
            var dy = Vector256.LoadUnsafe(ref ys, i) - callerY;
            var dz = Vector256.LoadUnsafe(ref zs, i) - callerZ;
            var squared = Vector256.MultiplyAddEstimate(dx, dx, Vector256.MultiplyAddEstimate(dy, dy, dz * dz));
            var km = ArcSine(Vector256.Sqrt(squared) * (0.5f * HalfChordScale)) * DiameterKm;
            if (hasRadii)
            {
                km = Vector256.MaxNative(km - Vector256.LoadUnsafe(ref radii, i), Vector256<float>.Zero);
            }

            var low = Vector256.Narrow(Vector256.LoadUnsafe(ref scores, i), Vector256.LoadUnsafe(ref scores, i + (Lanes / 2)));
            var bound = ((km + low) * ScoreScale) - Vector256.Create(MarginKm);
            bound.StoreUnsafe(ref results, i);
            lowest = Vector256.MinNative(lowest, bound);
        }

        return MinElement(lowest);
    }

    /// <summary>Arc sine of half chords (0 to 1): Abramowitz and Stegun, Handbook of Mathematical Functions, 4.4.46.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ArcSine(Vector256<float> halfChord)
    {
        var x = Vector256.MinNative(Vector256.MaxNative(halfChord - Vector256.Create(HalfChordError), Vector256<float>.Zero), Vector256<float>.One);
        var sum = Vector256.MultiplyAddEstimate(Vector256.Create(-0.0012624911f), x, Vector256.Create(0.0066700901f));
        sum = Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(-0.0170881256f));
        sum = Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(0.0308918810f));
        sum = Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(-0.0501743046f));
        sum = Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(0.0889789874f));
        sum = Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(-0.2145988016f));
        sum = Vector256.MultiplyAddEstimate(sum, x, Vector256.Create(1.5707963050f));
        return Vector256.Create(float.Pi / 2) - (Vector256.Sqrt(Vector256<float>.One - x) * sum);
    }

    private static float MinElement(Vector256<float> vector)
    {
        var half = Vector128.MinNative(vector.GetLower(), vector.GetUpper());
        half = Vector128.MinNative(half, Vector128.Shuffle(half, Vector128.Create(2, 3, 0, 1)));
        return Math.Min(half.GetElement(0), half.GetElement(1));
    }
}
