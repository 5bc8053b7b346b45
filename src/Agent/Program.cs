using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Hosting;
using Opsen.Agent.Reporting;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

var configuration = AgentConfiguration.Load("opsen-agent", args, ProcessEnvironment.Variables());
if (configuration.Options is not { } options)
{
    return configuration.Print(Console.Out, Console.Error);
}

var paths = HostPaths.Find(Environment.GetEnvironmentVariable);
if (HostSensors.Create(options, paths) is not { } sensors)
{
    Console.Error.WriteLine("opsen-agent runs on Linux and Windows.");
    return 1;
}

if (OwnedCores.Check(CoreList.Parse(options.Cores), sensors.Cpu) is { } problem)
{
    Console.Error.WriteLine(problem.Message);
    return problem.ExitCode;
}

var identity = AgentHost.Identify(options, paths);
using var host = AgentHost.Build(options, identity, sensors);
StartupLog.Write(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Opsen.Agent"), options, identity, configuration.Warnings);

// A service manager starts again what failed, not what ended in order.
var reports = host.Services.GetServices<IHostedService>().OfType<ReportService>().Single();
await host.RunAsync();
return reports.ExecuteTask is { IsFaulted: true } ? 1 : 0;
