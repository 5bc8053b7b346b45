using Opsen.Gateway.Commands;
using Opsen.Gateway.Hosting;
using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;

if (await CommandProgram.TryRunAsync(args, Console.Out, Console.Error) is { } ended)
{
    return ended;
}

var configuration = ServerConfiguration.Load("opsen-gateway", args, ProcessEnvironment.Variables());
if (configuration.Options is not { } options)
{
    var exitCode = configuration.Print(Console.Out, Console.Error);
    Console.Out.Write(exitCode == 0 && args.Any(static argument => argument.TrimStart('-') is "help" or "h") ? CommandProgram.Help : "");
    return exitCode;
}

return await StartFailure.ReportAsync("opsen-gateway", async () =>
{
    await using var app = await GatewayProgram.BuildAsync(options, configuration.Warnings);
    await app.RunAsync();
});
