namespace Opsen.Grains.Placement;

/// <summary>How long sessions take on one host beside the rest of the fleet. A difference counts as far as it cannot be chance.</summary>
internal struct HostPace
{
    /// <summary>How many sessions it is the mean of.</summary>
    private const double Memory = 1000;

    /// <summary>Sessions as long as usual that it begins with.</summary>
    private const double Prior = 20;

    /// <summary>So many standard errors may be chance.</summary>
    private const double Doubt = 2;

    private double _sum;
    private double _squares;
    private double _count;

    private const double Least = 0.5;
    private const double Most = 4;

    /// <summary>Sessions that end in less than this part of their usual time have failed rather than been fast.</summary>
    private const double LeastCredible = 0.3;

    /// <summary>Time of a session here over its usual time, 0.5–4; 1 while nothing is known, and where it is too good to be true.</summary>
    public readonly double Cost
    {
        get
        {
            var count = _count + Prior;
            var mean = _sum / count;
            var chance = Doubt * Math.Sqrt(Math.Max(0, (_squares / count) - (mean * mean)) / count);
            var cost = 1 + Math.CopySign(Math.Max(0, Math.Abs(mean) - chance), mean);
            return cost < LeastCredible ? 1 : Math.Clamp(cost, Least, Most);
        }
    }

    /// <summary>A session took so much longer than usual, as a part of that.</summary>
    public void Add(double excess)
    {
        const double keep = 1 - (1 / Memory);
        _sum = (_sum * keep) + excess;
        _squares = (_squares * keep) + (excess * excess);
        _count = (_count * keep) + 1;
    }
}
