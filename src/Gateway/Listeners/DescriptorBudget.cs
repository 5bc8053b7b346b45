using System.Globalization;

namespace Opsen.Gateway.Listeners;

/// <summary>
/// Shares what the system lets this process open among its listeners and its backends. A process that has no file descriptor left can do nothing more, not
/// even refuse; so connections end below the limit, and the runtime, the database and the silo keep what they need.
/// </summary>
internal sealed class DescriptorBudget
{
    /// <summary>For everything but connections of clients and to backends.</summary>
    private const int Reserve = 256;

    /// <summary>The main listener, the admin listener, and the backends.</summary>
    private const int Shares = 3;

    /// <summary>A share is no smaller, whatever the system says.</summary>
    private const int Least = 64;

    private int _backends;

    /// <summary>Shares a limit.</summary>
    /// <param name="openFiles">What the process may have open.</param>
    public DescriptorBudget(long openFiles) => Connections = (int)Math.Clamp((openFiles - Reserve) / Shares, Least, int.MaxValue);

    /// <summary>Connections that a listener may have, and connections to backends.</summary>
    public int Connections { get; }

    /// <summary>The system's limit for this process, which the runtime has raised as far as it may; no limit where the system does not say.</summary>
    public static DescriptorBudget Read()
    {
        const string file = "/proc/self/limits", name = "Max open files";
        var line = File.Exists(file) ? File.ReadLines(file).FirstOrDefault(static line => line.StartsWith(name, StringComparison.Ordinal)) : null;
        return new DescriptorBudget(
            line is not null && long.TryParse(line[name.Length..].TrimStart().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
                ? limit : long.MaxValue);
    }

    /// <summary>Takes one for a connection to a backend. False when there is none left.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _backends) <= Connections)
        {
            return true;
        }

        Return();
        return false;
    }

    /// <summary>Gives one back.</summary>
    public void Return() => Interlocked.Decrement(ref _backends);
}
