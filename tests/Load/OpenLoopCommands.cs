using System.Globalization;
using System.Net;

namespace Opsen.Load;

/// <summary>Loads for the scripts: each prints one line, NAME=VALUE separated by blanks, and fails when a request does.</summary>
internal static class OpenLoopCommands
{
    private const int Connections = 512;

    /// <summary>Asks at a rate.</summary>
    /// <param name="port">Where.</param>
    /// <param name="kind">See <see cref="Requests.Of"/>.</param>
    /// <param name="rate">Requests a second.</param>
    /// <param name="seconds">For how long.</param>
    public static int Ask(int port, string kind, double rate, int seconds)
    {
        using var loop = new OpenLoop(new(IPAddress.Loopback, port), Connections, Requests.Of(kind));
        return Print(loop.Run(rate, TimeSpan.FromSeconds(seconds)));
    }

    /// <summary>Registers hosts and sends a report of each.</summary>
    public static int Register(int port, int count)
    {
        var number = 0;
        using var loop = new OpenLoop(
            new(IPAddress.Loopback, port), 16, () => number < count ? Requests.Registration(number++) : Requests.Report(number++ - count));
        var registered = loop.RunAll(count);
        return Math.Max(Print(registered), Print(loop.RunAll(count)));
    }

    /// <summary>Reports of registered hosts, spread evenly over their interval.</summary>
    public static int Report(int port, int count, double interval, int seconds)
    {
        var number = 0;
        using var loop = new OpenLoop(new(IPAddress.Loopback, port), Connections, () => Requests.Report(number++ % count));
        return Print(loop.Run(count / interval, TimeSpan.FromSeconds(seconds)));
    }

    private static int Print(Latencies latencies)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"rate={latencies.Rate:0} p50={latencies.At(0.5):0.00} p90={latencies.At(0.9):0.00} p99={latencies.At(0.99):0.00} ")
            + string.Create(CultureInfo.InvariantCulture,
            $"p999={latencies.At(0.999):0.00} max={latencies.At(1):0.00} late={latencies.Late:0.00} failed={latencies.Failed}"));
        return latencies.Failed == 0 ? 0 : 1;
    }
}
