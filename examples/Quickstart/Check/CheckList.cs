using System.Diagnostics;
using System.Text.Json;

namespace Opsen.Examples.Quickstart.Check;

/// <summary>Runs checks one after the other and prints each with its result and time.</summary>
internal sealed class CheckList(TextWriter output)
{
    private const int NameWidth = 66;

    private readonly List<string> _notRun = [];
    private int _passed;
    private bool _failed;

    /// <summary>Whether every check held.</summary>
    public bool Passed => !_failed;

    /// <summary>Runs a check, unless one before it failed: each builds on what the ones before it set up.</summary>
    /// <param name="name">What it checks.</param>
    /// <param name="check">Returns what was seen, in a few words.</param>
    public async Task RunAsync(string name, Func<Task<string>> check)
    {
        if (_failed)
        {
            _notRun.Add(name);
            return;
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            var seen = await check();
            _passed++;
            Print(name, "ok", started);
            output.WriteLine($"      {seen}");
        }
        catch (Exception problem) when (problem is CheckFailedException or TimeoutException or HttpRequestException
            or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            _failed = true;
            Print(name, "FAILED", started);
            output.WriteLine($"      {problem.Message}");
        }
    }

    /// <summary>Prints what did not run, and the sum.</summary>
    public void PrintSum(TimeSpan elapsed)
    {
        foreach (var name in _notRun)
        {
            output.WriteLine($"  {name.PadRight(NameWidth)} not run");
        }

        var total = _passed + (_failed ? 1 : 0) + _notRun.Count;
        output.WriteLine();
        output.WriteLine($"{_passed} of {total} checks passed in {elapsed.TotalSeconds:0.0} s.");
    }

    private void Print(string name, string result, long started) =>
        output.WriteLine($"  {name.PadRight(NameWidth)} {result,-7} {Stopwatch.GetElapsedTime(started).TotalSeconds,5:0.0} s");
}
