namespace Opsen.Grains.Placement;

/// <summary>A sum whose parts count less the older they are: <c>amount × e^(-age / fade)</c>.</summary>
internal struct FadingSum
{
    private double _sum;
    private long _at;

    /// <summary>The sum at a time.</summary>
    public readonly double At(long nowMs, double fadeMs) => _sum * Math.Exp((_at - nowMs) / fadeMs);

    /// <summary>Adds a part of this moment.</summary>
    public void Add(double amount, long nowMs, double fadeMs) => (_sum, _at) = (Math.Max(0, At(nowMs, fadeMs) + amount), nowMs);
}
