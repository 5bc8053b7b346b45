using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;
using Opsen.Silo;

var configuration = ServerConfiguration.Load("opsen-silo", args, ProcessEnvironment.Variables());
if (configuration.Options is not { } options)
{
    return configuration.Print(Console.Out, Console.Error);
}

if (options.Cluster == ClusterMode.Embedded)
{
    await Console.Error.WriteLineAsync("opsen-silo: 'cluster' is 'embedded', where opsen-gateway hosts the silo itself. Set 'cluster: localhost' for both programs.");
    return ConfigurationResult<ServerOptions>.InvalidExitCode;
}

return await StartFailure.ReportAsync("opsen-silo", () => SiloProgram.RunAsync(options, configuration.Warnings));
