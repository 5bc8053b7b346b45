namespace Opsen.Simulation.Model;

/// <summary>A fleet and what is asked of it.</summary>
internal sealed record Scenario
{
    /// <summary>What it is called.</summary>
    public required string Name { get; init; }

    /// <summary>The hosts.</summary>
    public required HostSpec[] Fleet { get; init; }

    /// <summary>The sessions.</summary>
    public required SessionClass[] Classes { get; init; }

    /// <summary>Part of the fleet's cores and cards that the sessions use on average, as work of nominal cores.</summary>
    public double Load { get; init; } = 0.7;

    /// <summary>How often an agent reports, s.</summary>
    public double ReportSeconds { get; init; } = 60;

    /// <summary>Over which time an agent averages, s.</summary>
    public double WindowSeconds { get; init; } = 900;

    /// <summary>How the arrivals swell and ebb, part of the mean; a wave takes four hours.</summary>
    public double Wave { get; init; }

    /// <summary>How much more comes in a burst of a minute, which comes every half hour; 1 = none.</summary>
    public double Burst { get; init; } = 1;

    /// <summary>How much more comes for a quarter of an hour every four hours (all log on at once); 1 = none.</summary>
    public double Storm { get; init; } = 1;

    /// <summary>Whether other programs use the hosts' cores: mostly a little, now and then half of them.</summary>
    public bool IsNoisy { get; init; }

    /// <summary>Part of the reports that do not arrive.</summary>
    public double LostReports { get; init; }

    /// <summary>Mean time after which a host is lost for five minutes, with its sessions, which ask again; 0 = never. s.</summary>
    public double LossSeconds { get; init; }

    /// <summary>The host with this number reports that it is idle whatever it does; -1 = none.</summary>
    public int BrokenCounter { get; init; } = -1;

    private static SessionClass[] Cpu { get; } =
    [
        new(new() { Name = "small", Vcpu = 1, MemoryGb = 2 }, 1, 0.5, 0.7, 0, 120),
        new(new() { Name = "medium", Vcpu = 2, MemoryGb = 6 }, 1, 0.5, 0.7, 0, 180),
        new(new() { Name = "large", Vcpu = 6, MemoryGb = 16 }, 1, 0.3, 0.7, 0, 240),
    ];

    private static SessionClass[] All { get; } =
    [
        .. Cpu,
        new(new() { Name = "gpu", Vcpu = 2, MemoryGb = 12, Gpu = 1, GpuMemoryGb = 10 }, 1, 0.5, 0.35, 0.4, 240),
        new(new() { Name = "gpu-large", Vcpu = 4, MemoryGb = 32, Gpu = 2, GpuMemoryGb = 80 }, 0.7, 0.2, 0.35, 0.7, 300),
    ];

    private static SessionClass[] Inference { get; } =
    [
        new(new() { Name = "chat", Vcpu = 1, MemoryGb = 2, Gpu = 1, GpuMemoryGb = 2 }, 2, 0, 0.3, 1, 2),
        new(new() { Name = "image", Vcpu = 1, MemoryGb = 4, Gpu = 1, GpuMemoryGb = 6 }, 1, 0, 0.3, 1, 8),
    ];

    private static HostSpec[] Cards { get; } =
        [new("l4", 8, 32, 1, 192, 4, 0.7, 24), new("a100", 6, 64, 1, 384, 8, 1, 40), new("h100", 4, 64, 1.2, 512, 8, 1.6, 80)];

    /// <summary>All scenarios.</summary>
    public static Scenario[] Known { get; } =
    [
        new() { Name = "equal", Fleet = Equal, Classes = Cpu },
        new() { Name = "equal, quick reports", Fleet = Equal, Classes = Cpu, ReportSeconds = 10, WindowSeconds = 60 },
        new() { Name = "generations", Fleet = Generations, Classes = Cpu },
        Rough,
        Rough with { Name = "mixed, quick reports", ReportSeconds = 10, WindowSeconds = 60 },
        new() { Name = "storm", Fleet = Mixed, Classes = All, Load = 0.5, Storm = 1.8, IsNoisy = true },
        new() { Name = "inference", Fleet = Cards, Classes = Inference, ReportSeconds = 10, WindowSeconds = 60, Load = 0.6 },
        new() { Name = "nearly idle", Fleet = [new("node", 4, 16, 1, 64)], Classes = Small, Load = 0.02, IsNoisy = true },
        new() { Name = "broken counter", Fleet = Equal, Classes = Cpu, BrokenCounter = 3 },
    ];

    private static Scenario Rough => new()
    {
        Name = "mixed",
        Fleet = Mixed,
        Classes = All,
        Load = 0.6,
        Wave = 0.25,
        Burst = 2,
        IsNoisy = true,
        LostReports = 0.05,
        LossSeconds = 6 * 3600,
    };

    private static SessionClass[] Small => [new(new() { Name = "small", Vcpu = 1, MemoryGb = 2 }, 1, 0.5, 0.7, 0, 60)];

    private static HostSpec[] Equal => [new("node", 20, 32, 1, 160)];

    private static HostSpec[] Generations => [new("old", 12, 16, 0.6, 96), new("mid", 10, 32, 1, 160), new("new", 6, 64, 1.3, 320)];

    private static HostSpec[] Mixed => [.. Generations, new("l4", 8, 32, 1, 192, 4, 0.7, 24), new("h100", 4, 64, 1.2, 512, 8, 1.6, 80)];
}
