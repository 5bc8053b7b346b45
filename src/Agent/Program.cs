using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Commands;
using Opsen.Agent.Hosting;
using Opsen.Agent.Reporting;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

var command = AgentCommand.Parse(args);
var configuration = AgentConfiguration.Load("opsen-agent", command.Rest, ProcessEnvironment.Variables());
if (configuration.Options is not { } options)
{
    var exitCode = configuration.Print(Console.Out, Console.Error);
    Console.Out.Write(args.Any(static argument => argument.TrimStart('-') is "help" or "h") && exitCode == 0 ? AgentCommand.Help : "");
    return exitCode;
}

var paths = HostPaths.Find(Environment.GetEnvironmentVariable);
if (HostSensors.Create(options, paths) is not { } sensors)
{
    Console.Error.WriteLine("opsen-agent runs on Linux and Windows.");
    return 1;
}

if (OwnedCores.Check(CoreList.Parse(options.Cores), sensors.Cpu) is { } problem)
{
    Console.Error.WriteLine(problem);
    return ConfigurationResult<AgentOptions>.InvalidExitCode;
}

if (command.Action != AgentAction.Run)
{
    return await CommandRunner.RunAsync(command, options, configuration.Warnings, paths, sensors);
}

var identity = AgentHost.Identify(options, paths);
using var host = AgentHost.Build(options, identity, paths, sensors);
StartupLog.Write(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Opsen.Agent"), options, identity, configuration.Warnings);

// A service manager starts again what failed, not what ended in order.
var reports = host.Services.GetServices<IHostedService>().OfType<ReportService>().Single();
await host.RunAsync();
return reports.ExecuteTask is { IsFaulted: true } ? 1 : 0;
