using System.Globalization;
using BenchmarkDotNet.Running;
using Opsen.Benchmarks.Grains;

if (args is ["decision-throughput"])
{
    await DecisionThroughput.RunAsync();
    return;
}

if (args is ["probe-load-backends"])
{
    await ProbeLoad.ServeAsync();
    return;
}

if (args is ["probe-load", .. var rest])
{
    await ProbeLoad.RunAsync(rest is [var hosts] ? int.Parse(hosts, CultureInfo.InvariantCulture) : 5000);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(DecisionThroughput).Assembly).Run(args);
