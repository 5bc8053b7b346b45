using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Opsen.Agent.Hosting;
using Opsen.Agent.Sampling;
using Opsen.Agent.Sensors;
using Opsen.Agent.Sensors.Linux;
using Opsen.Protocol.Configuration;

var configuration = ClientConfiguration.Load("opsen-agent", args, ProcessEnvironment.Variables());
if (configuration.Options is not { } options)
{
    return configuration.Print(Console.Out, Console.Error);
}

var paths = HostPaths.Find(Environment.GetEnvironmentVariable);
var sensors = HostSensors.Create(options, paths);
if (OwnedCores.Check(CoreList.Parse(options.Cores), sensors.Cpu) is { } problem)
{
    Console.Error.WriteLine(problem.Message);
    return problem.ExitCode;
}

var identity = AgentHost.Identify(options, paths);
using var host = AgentHost.Build(options, identity, sensors);
StartupLog.Write(host.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Opsen.Agent"), options, identity, configuration.Warnings);
await host.RunAsync();
return 0;
