using System.Runtime.CompilerServices;

namespace Opsen.Agent.Sensors;

/// <summary>What a core's time is counted as, in the order of <c>/proc/stat</c>.</summary>
internal enum CoreTime
{
    /// <summary>Programs.</summary>
    User,

    /// <summary>Programs of low priority.</summary>
    Nice,

    /// <summary>The kernel.</summary>
    System,

    /// <summary>Nothing.</summary>
    Idle,

    /// <summary>Nothing, while a disk was waited for.</summary>
    Iowait,

    /// <summary>Interrupts.</summary>
    Irq,

    /// <summary>Soft interrupts.</summary>
    Softirq,

    /// <summary>Taken by the hypervisor for others. Counts as busy: a session cannot have it.</summary>
    Steal,
}

/// <summary>What one core has done since the host started, in the sensor's own unit (<see cref="ICpuSensor.UnitsPerSecond"/>).</summary>
/// <param name="id">The kernel's number of the core; numbers may have gaps.</param>
internal struct CoreCounter(int id)
{
    /// <summary>Number of kinds of <see cref="CoreTime"/>.</summary>
    public const int Kinds = (int)CoreTime.Steal + 1;

    private Values _times;

    /// <summary>A core of which only these two are told.</summary>
    public CoreCounter(int id, long busy, long idle)
        : this(id)
    {
        this[CoreTime.User] = busy;
        this[CoreTime.Idle] = idle;
    }

    /// <summary>The kernel's number of the core.</summary>
    public int Id { get; } = id;

    /// <summary>Time spent working.</summary>
    public readonly long Busy => Sum(isIdle: false);

    /// <summary>Time spent waiting.</summary>
    public readonly long Idle => Sum(isIdle: true);

    /// <summary>Time of one kind.</summary>
    public long this[CoreTime kind]
    {
        readonly get => _times[(int)kind];
        set => _times[(int)kind] = value;
    }

    /// <summary>Whether time of a kind is spent waiting.</summary>
    public static bool IsIdle(CoreTime kind) => kind is CoreTime.Idle or CoreTime.Iowait;

    private readonly long Sum(bool isIdle)
    {
        long sum = 0;
        for (var kind = CoreTime.User; kind <= CoreTime.Steal; kind++)
        {
            sum += IsIdle(kind) == isIdle ? this[kind] : 0;
        }

        return sum;
    }

    [InlineArray(Kinds)]
    private struct Values
    {
        private long _first;
    }
}
