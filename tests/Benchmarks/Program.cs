using BenchmarkDotNet.Running;
using Opsen.Benchmarks.Grains;

if (args is ["decision-throughput"])
{
    await DecisionThroughput.RunAsync();
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(DecisionThroughput).Assembly).Run(args);
