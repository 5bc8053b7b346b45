using System.Globalization;
using System.Text.Json;
using Opsen.Grains;
using Opsen.Grains.DecisionLogs;

namespace Opsen.Gateway.Commands;

/// <summary><c>replay FILE [-horizon MINUTES] [-only POOL] [-json]</c>: what the other scores would have chosen, by a decision log.</summary>
internal static class ReplayCommand
{
    private const double DefaultHorizonMinutes = 5;
    private const double MaxHorizonMinutes = 24 * 60;

    /// <summary>Replays and prints.</summary>
    /// <exception cref="CommandException">The command is used wrongly, or the file is no decision log.</exception>
    public static void Run(OperatorCommand command, TextWriter output)
    {
        if (command.Operands.Count != 1)
        {
            throw new CommandException("replay wants the file that decision_log names, or one that was rotated", OperatorCommand.UsageExitCode);
        }

        if (command.Rest.Count > 0)
        {
            throw new CommandException($"replay has no flag '{command.Rest[0]}'; it has -horizon, -only and -json", OperatorCommand.UsageExitCode);
        }

        var minutes = DefaultHorizonMinutes;
        if (command.Flags.TryGetValue("horizon", out var text)
            && (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out minutes) || minutes is not (> 0 and <= MaxHorizonMinutes)))
        {
            throw new CommandException($"-horizon is '{text}'; give minutes, more than 0 and at most {MaxHorizonMinutes}", OperatorCommand.UsageExitCode);
        }

        var reports = Replay(command.Operands[0], TimeSpan.FromMinutes(minutes), command.Flags.GetValueOrDefault("only"));
        if (command.AsJson)
        {
            output.WriteLine(JsonSerializer.Serialize(reports, StateJson.Options));
            return;
        }

        foreach (var report in reports)
        {
            Print(report, minutes, output);
        }
    }

    private static IReadOnlyList<ReplayReport> Replay(string file, TimeSpan horizon, string? pool)
    {
        try
        {
            using var log = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            var reports = DecisionReplay.Run(log, horizon, pool);
            return reports.Count > 0 ? reports
                : throw new CommandException(pool is null ? $"'{file}' has no decisions" : $"'{file}' has nothing of pool '{pool}'");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"'{file}' cannot be read: {error.Message}");
        }
        catch (FormatException error)
        {
            throw new CommandException($"'{file}' is no decision log: {error.Message}");
        }
    }

    private static void Print(ReplayReport report, double minutes, TextWriter output)
    {
        var notes = report.Preferred > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {report.Preferred} more had a host to prefer") : "";
        notes += report.Lost > 0 ? string.Create(CultureInfo.InvariantCulture, $"; {report.Lost} lines are missing, so this is not exact") : "";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"Pool {report.Pool}, from {report.Begin:yyyy-MM-dd HH:mm:ss}Z for {TimeSpan.FromSeconds(Math.Round(report.Seconds))}: {report.Decisions} decisions, {report.Hosts} hosts{notes}"));
        var table = new TextTable("score", ">same host", ">refused", ">load", ">p99", ">regret", ">p99");
        foreach (var outcome in report.Outcomes)
        {
            table.Add(
                outcome.Name,
                Percent(outcome.SameHostPct),
                outcome.Refused.ToString(CultureInfo.InvariantCulture),
                Percent(outcome.MeanLoad),
                Percent(outcome.P99Load),
                Percent(outcome.MeanRegret),
                Percent(outcome.P99Regret));
        }

        foreach (var line in table.Lines())
        {
            output.WriteLine(line);
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"load: of the chosen host's busiest resource, as reported in the {minutes:0.###} minutes after each decision; regret: how much less the host had that was best in hindsight"));
    }

    private static string Percent(double? value) => value is { } known ? string.Create(CultureInfo.InvariantCulture, $"{known:0.0} %") : "-";
}
