namespace Opsen.Simulation.Model;

/// <summary>One session, from its request to its end.</summary>
internal sealed class Session
{
    /// <summary>Counts the sessions of a run.</summary>
    public required int Number { get; init; }

    /// <summary>Its kind.</summary>
    public required SessionClass Class { get; init; }

    /// <summary>Whether it ends after <see cref="Length"/>, whatever it got; otherwise when its work is done.</summary>
    public required bool IsInteractive { get; init; }

    /// <summary>How long it lasts on an idle nominal host, s.</summary>
    public required double Length { get; init; }

    /// <summary>Nominal cores that it keeps busy.</summary>
    public required double Cores { get; init; }

    /// <summary>Memory that it uses, GB.</summary>
    public required double MemoryGb { get; init; }

    /// <summary>What it uses of each of its cards, 0..1 of a nominal card.</summary>
    public required double CardLoad { get; init; }

    /// <summary>VRAM that it uses on each of its cards, GB.</summary>
    public required double VramGb { get; init; }

    /// <summary>When it was asked for, s.</summary>
    public required double Arrived { get; init; }

    /// <summary>Its host; null while it waits.</summary>
    public HostModel? Host { get; set; }

    /// <summary>Its cards on that host.</summary>
    public int[] Cards { get; set; } = [];

    /// <summary>The reservation that it was placed by; empty for policies without any.</summary>
    public Guid Reservation { get; set; }

    /// <summary>Progress so far: nominal seconds of work.</summary>
    public double Done { get; set; }

    /// <summary>Seconds for which it has run.</summary>
    public double Ran { get; set; }

    /// <summary>Progress a second at present.</summary>
    public double Rate { get; set; }

    /// <summary>Seconds until it ends at the present rate.</summary>
    public double Remaining => IsInteractive ? Length - Ran : (Length - Done) / Rate;

    /// <summary>Time from the request to the end, over the time that what it achieved takes on an idle nominal host. Waiting counts.</summary>
    public double SlowdownAt(double now) => (now - Arrived) / Math.Max(Done, 1e-3 * Length);
}
