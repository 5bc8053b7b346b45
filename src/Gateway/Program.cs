using Opsen.Gateway.Hosting;
using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;

var configuration = ServerConfiguration.Load("opsen-gateway", args, ProcessEnvironment.Variables());
if (configuration.Options is not { } options)
{
    return configuration.Print(Console.Out, Console.Error);
}

return await StartFailure.ReportAsync("opsen-gateway", async () =>
{
    await using var app = await GatewayProgram.BuildAsync(options, configuration.Warnings);
    await app.RunAsync();
});
