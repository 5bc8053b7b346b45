using System.Globalization;
using Opsen.Simulation;
using Opsen.Simulation.Model;

// Compares placement policies: docs/PLACEMENT.md has the results.
const string usage = "Usage: simulate [--sessions N] [--scenario NAME,NAME] [--policy TEXT] [--seed N] [--svg FILE]: all scenarios, or those with these names; "
    + "all policies whose names contain the text.";
var values = new Dictionary<string, string> { ["--sessions"] = "100000", ["--scenario"] = "", ["--policy"] = "", ["--seed"] = "1", ["--svg"] = "" };
for (var i = 0; i < args.Length; i += 2)
{
    if (!values.ContainsKey(args[i]) || i + 1 == args.Length)
    {
        Console.Error.WriteLine(usage);
        return 2;
    }

    values[args[i]] = args[i + 1];
}

var names = values["--scenario"].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
var chosen = Scenario.Known.Where(known => names.Length == 0 || names.Contains(known.Name, StringComparer.Ordinal)).ToList();
if (chosen.Count == 0
    || !int.TryParse(values["--sessions"], CultureInfo.InvariantCulture, out var sessions)
    || !int.TryParse(values["--seed"], CultureInfo.InvariantCulture, out var seed)
    || sessions is < 100 or > 100_000_000)
{
    Console.Error.WriteLine($"{usage} N of --sessions is from 100 to 100000000. Scenarios: {string.Join("; ", Scenario.Known.Select(static known => known.Name))}");
    return 2;
}

var chart = new Chart($"Time in which hosts are overloaded, {sessions:N0} sessions", " %");
foreach (var scenario in chosen)
{
    Report.Print(scenario, values["--policy"], sessions, seed, chart);
}

if (values["--svg"] is { Length: > 0 } file)
{
    File.WriteAllText(file, chart.ToSvg());
}

return 0;
