using System.Globalization;
using Opsen.Gateway.Operator;

namespace Opsen.Gateway.Commands;

/// <summary><c>top [-interval SECONDS]</c>: the fleet, live, until Ctrl-C or q.</summary>
internal static class TopCommand
{
    private const string Home = "\u001b[H";
    private const string ClearLine = "\u001b[K";
    private const string ClearBelow = "\u001b[J";
    private const string OtherScreen = "\u001b[?1049h\u001b[?25l";
    private const string FormerScreen = "\u001b[?25h\u001b[?1049l";

    /// <summary>Runs until somebody ends it. Without a terminal it writes one picture.</summary>
    public static async Task RunAsync(OperatorCommand command, AdminClient gateway, TextWriter output)
    {
        var interval = ReadInterval(command);
        if (Console.IsOutputRedirected)
        {
            Write(output, Picture(await gateway.GetFleetAsync(), gateway, int.MaxValue), int.MaxValue, "");
            return;
        }

        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };
        output.Write(OtherScreen);
        try
        {
            while (!stop.IsCancellationRequested && !HasQuit())
            {
                output.Write(Home);
                Write(output, await LookAsync(gateway), Console.WindowHeight - 1, ClearLine);
                output.Write(ClearBelow);
                output.Flush();
                await Task.Delay(interval, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            output.Write(FormerScreen);
            output.Flush();
        }
    }

    /// <summary>A gateway that restarts is no reason to end.</summary>
    private static async Task<IEnumerable<string>> LookAsync(AdminClient gateway)
    {
        try
        {
            return Picture(await gateway.GetFleetAsync(), gateway, Console.WindowWidth);
        }
        catch (CommandException error) when (error.ExitCode == CommandException.Unreachable)
        {
            return [error.Message];
        }
    }

    private static IEnumerable<string> Picture(FleetDocument fleet, AdminClient gateway, int width) =>
    [
        $"opsen {fleet.Program} at {gateway.Address.Authority}, {fleet.Time.ToLocalTime():HH:mm:ss}",
        FleetText.Summary(fleet),
        "",
        .. FleetText.Room(fleet).Lines(width),
        "",
        .. FleetText.Hosts(fleet, withIds: false).Lines(width),
    ];

    private static void Write(TextWriter output, IEnumerable<string> lines, int height, string lineEnd)
    {
        foreach (var line in lines.Take(height))
        {
            output.Write(line);
            output.Write(lineEnd);
            output.WriteLine();
        }
    }

    private static bool HasQuit()
    {
        while (!Console.IsInputRedirected && Console.KeyAvailable)
        {
            if (Console.ReadKey(intercept: true).KeyChar is 'q' or 'Q')
            {
                return true;
            }
        }

        return false;
    }

    private static TimeSpan ReadInterval(OperatorCommand command) => !command.Flags.TryGetValue("interval", out var text) ? TimeSpan.FromSeconds(1)
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds is >= 0.1 and <= 3600
            ? TimeSpan.FromSeconds(seconds)
        : throw new CommandException($"-interval: '{text}' is not a number of seconds from 0.1 to 3600", OperatorCommand.UsageExitCode);
}
