using Opsen.Fuzz;
using SharpFuzz;

// Opsen.Fuzz list: the targets. Opsen.Fuzz run TARGET: for afl-fuzz, inputs from standard input, one after the other in this process.
// Opsen.Fuzz replay TARGET FILE...: one run a file. tests/Fuzz/run.sh does all of it.
switch (args)
{
    case ["list"]:
        foreach (var name in FuzzTargets.All.Keys)
        {
            Console.WriteLine(name);
        }

        return 0;

    case ["run", var target] when FuzzTargets.All.TryGetValue(target, out var run):
        Fuzzer.Run(stream =>
        {
            using var input = new MemoryStream();
            stream.CopyTo(input);
            run(input.GetBuffer().AsSpan(0, (int)input.Length));
        });
        return 0;

    case ["replay", var target, .. var files] when FuzzTargets.All.TryGetValue(target, out var run):
        foreach (var file in files)
        {
            Console.WriteLine(file);
            run(File.ReadAllBytes(file));
        }

        return 0;

    default:
        Console.Error.WriteLine("usage: Opsen.Fuzz list | run TARGET | replay TARGET FILE...");
        return 2;
}
