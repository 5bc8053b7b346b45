using System.Diagnostics;
using System.Globalization;
using Opsen.Simulation.Model;
using Opsen.Simulation.Policies;

namespace Opsen.Simulation;

/// <summary>Runs the policies through a scenario, prints a table in Markdown and adds to a chart.</summary>
internal static class Report
{
    public static void Print(Scenario scenario, string policy, int sessions, int seed, Chart chart)
    {
        var bars = new List<(string Name, double Value, bool IsOurs)>();
        Console.WriteLine($"\n**{scenario.Name}**: {sessions:N0} sessions, {scenario.Fleet.Sum(static spec => spec.Count)} hosts, load {scenario.Load}\n");
        Console.WriteLine("| policy | p50 | p99 | p99.9 | mean | overload % | balance | largest share | refused | with room | moved | s |");
        Console.WriteLine("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
        foreach (var name in PolicyNames.All.Where(name => name.Contains(policy, StringComparison.Ordinal)))
        {
            var started = Stopwatch.GetTimestamp();
            var outcome = Run(scenario, name, sessions, seed);
            bars.Add((name, outcome.OverloadPct, name is PolicyNames.Classic or PolicyNames.Projected));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {outcome.P50:0.00} | {outcome.P99:0.00} | {outcome.P999:0.00} | {outcome.Mean:0.00} | {outcome.OverloadPct:0.00} | {outcome.Balance:0.00} | {outcome.LargestShare:0.00} | {outcome.Refusals} | {outcome.NeedlessRefusals} | {outcome.Moves} | {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} |"));
        }

        chart.Add(scenario.Name, bars);
    }

    /// <summary>One policy's run.</summary>
    public static Outcome Run(Scenario scenario, string policy, int sessions, int seed)
    {
        HostModel[] hosts = [
            .. scenario.Fleet.SelectMany(static spec => Enumerable.Repeat(spec, spec.Count)).Select(static (spec, index) => new HostModel(index, spec)),
        ];
        return new Simulator(scenario, hosts, PolicyNames.Create(policy, scenario, hosts, seed), sessions, seed).Run();
    }
}
