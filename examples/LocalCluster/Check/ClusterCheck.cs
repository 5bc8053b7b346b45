using System.Diagnostics;
using Opsen.Examples.LocalCluster.Faults;
using Opsen.Examples.LocalCluster.Nodes;
using Opsen.Examples.LocalCluster.Traffic;

namespace Opsen.Examples.LocalCluster.Check;

/// <summary>Lets faults happen under traffic and says whether the promises held.</summary>
internal sealed class ClusterCheck(Cluster cluster, ClusterTraffic traffic, TextWriter output)
{
    /// <summary>Within this time after a fault there are decisions again.</summary>
    private static readonly TimeSpan DecisionsAgain = TimeSpan.FromSeconds(10);

    /// <summary>Time between two faults.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    private readonly List<string> _problems = [];

    /// <summary>Whether everything held so far.</summary>
    public bool Passed => _problems.Count == 0;

    /// <summary>Lets a fault happen, lasts for a while and is mended; prints what the callers saw.</summary>
    public async Task RunAsync(Fault fault, TimeSpan duration, CancellationToken cancellation)
    {
        var (moved, violations, epoch) = (traffic.Moved, traffic.Grants.Violations.Count, cluster.Epoch);
        var failed = traffic.Tallies.Select(static one => one.Failed).ToList();
        var refused = traffic.Tallies.Sum(static one => one.Refused);
        var succeeded = traffic.Tallies.Select(static one => one.Succeeded).ToList();
        foreach (var tally in traffic.Tallies)
        {
            tally.TakeLongest();
        }

        var started = Stopwatch.GetTimestamp();
        var evidence = await fault.BeginAsync(cluster, cancellation);
        await Task.Delay(duration, cancellation);
        await fault.EndAsync(cluster, cancellation);
        cluster.InTrouble.Clear();
        await Task.Delay(Rest, cancellation);
        await cluster.UntilWholeAsync(cancellation);

        var took = Stopwatch.GetElapsedTime(started);
        output.WriteLine($"{fault.Name}: {evidence}; {took.TotalSeconds:0} s{(cluster.Epoch > epoch ? $", index of epoch {cluster.Epoch}" : "")}");
        for (var i = 0; i < traffic.Tallies.Count; i++)
        {
            var tally = traffic.Tallies[i];
            var (wait, gap) = tally.TakeLongest();
            output.WriteLine(
                $"    {tally.Name,-26} {tally.Succeeded - succeeded[i],6} ok {tally.Failed - failed[i],4} failed   longest wait {wait.TotalSeconds,5:0.0} s, longest time without a success {gap.TotalSeconds,5:0.0} s");
            Require(tally.Failed == failed[i], $"{fault.Name}: {tally.Failed - failed[i]} failed: {tally.Name}");
            Require(gap <= DecisionsAgain || (fault.StopsDatabase && tally == traffic.NewSessions), $"{fault.Name}: nothing succeeded for {gap.TotalSeconds:0.0} s: {tally.Name}");
        }

        refused = traffic.Tallies.Sum(static one => one.Refused) - refused;
        Require(refused == 0 || fault.StopsDatabase, $"{fault.Name}: {refused} new sessions refused");
        if (fault.StopsDatabase)
        {
            output.WriteLine($"    {refused} requests of new sessions were refused, because sticky_durability is strict");
        }

        Require(traffic.Moved == moved, $"{fault.Name}: {traffic.Moved - moved} sessions moved");
        Require(traffic.Grants.Violations.Count == violations, $"{fault.Name}: hosts overbooked");
    }

    /// <summary>Prints what did not hold, with the first failures; returns whether everything held.</summary>
    public bool PrintSummary(TimeSpan elapsed)
    {
        output.WriteLine();
        foreach (var line in _problems.Concat(traffic.Grants.Violations.Take(20)).Concat(traffic.Tallies.SelectMany(static tally => tally.Failures)))
        {
            output.WriteLine($"  {line}");
        }

        output.WriteLine(
            $"{traffic.Tallies.Sum(static one => one.Succeeded)} requests, {traffic.Tallies.Sum(static one => one.Failed)} failed, {traffic.Moved} sessions moved, {traffic.Grants.Violations.Count} grants beyond capacity (most cores held at once: {traffic.Grants.MostCores}), {elapsed.TotalSeconds:0} s: {(Passed ? "all promises held" : "NOT all promises held")}");
        return Passed;
    }

    private void Require(bool condition, string problem)
    {
        if (!condition)
        {
            _problems.Add(problem);
        }
    }
}
