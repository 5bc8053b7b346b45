namespace Opsen.Grains.Placement;

/// <summary>Gigabytes as whole kilobytes (millionths of a GB). Sums of whole numbers never drift, so what a release gives back is exactly
/// what the reservation took, and three times 0.1 GB fit into 0.3 GB.</summary>
internal static class Quantity
{
    /// <summary>Far above any host; keeps sums of many reservations inside a <see cref="long"/>.</summary>
    private const double MaxGb = 1e8;

    private const double KilobytesPerGb = 1e6;

    /// <summary>The nearest whole number of kilobytes; 0 for what is not a number.</summary>
    public static long FromGb(double gb) => double.IsNaN(gb) ? 0 : (long)Math.Round(Math.Clamp(gb, -MaxGb, MaxGb) * KilobytesPerGb);

    /// <summary>The way back, for people.</summary>
    public static double ToGb(long kilobytes) => kilobytes / KilobytesPerGb;
}
