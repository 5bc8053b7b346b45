using Opsen.Grains.Interfaces;

namespace Opsen.Simulation.Model;

/// <summary>A kind of session: the tier that it asks for, and what its sessions really use.</summary>
/// <param name="Tier">What is asked for.</param>
/// <param name="Share">Its part of the work of all classes with or without cards, relative to the others.</param>
/// <param name="InteractiveShare">How many of its sessions last for a time (desktops, games); the rest last until their work is done (builds, batches).</param>
/// <param name="CpuUse">Mean of used / asked-for cores.</param>
/// <param name="CardUse">Mean utilisation of each of its cards by one session, 0..1.</param>
/// <param name="MedianSeconds">Median length on an idle nominal host.</param>
internal sealed record SessionClass(TierSpec Tier, double Share, double InteractiveShare, double CpuUse, double CardUse, double MedianSeconds)
{
    /// <summary>Spread of the lengths: the standard deviation of their logarithm. Half of the work is in a few sessions.</summary>
    private const double LengthSigma = 1.3;

    private const double UseSigma = 0.5;
    private const double MinSeconds = 0.1;
    private const double MaxSeconds = 4 * 3600;

    /// <summary>Mean length, s, but for the cut at both ends.</summary>
    public double MeanSeconds => MedianSeconds * Math.Exp(LengthSigma * LengthSigma / 2);

    /// <summary>A session of this class.</summary>
    public Session Create(Random random, int number, double now)
    {
        var use = Math.Min(3, Math.Exp((UseSigma * Gauss(random)) - (UseSigma * UseSigma / 2)));
        return new Session
        {
            Number = number,
            Class = this,
            IsInteractive = random.NextDouble() < InteractiveShare,
            Length = Math.Clamp(MedianSeconds * Math.Exp(LengthSigma * Gauss(random)), MinSeconds, MaxSeconds),
            Cores = Tier.Vcpu * CpuUse * use,
            MemoryGb = Tier.MemoryGb * (0.5 + (0.5 * random.NextDouble())),
            CardLoad = CardUse >= 1 ? 1 : Math.Min(1, CardUse * use),
            VramGb = Tier.Gpu == 0 ? 0 : Tier.GpuMemoryGb / Tier.Gpu * (0.7 + (0.3 * random.NextDouble())),
            Arrived = now,
        };
    }

    private static double Gauss(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
