using Opsen.Hosting.Cluster;
using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;
using Opsen.Silo;

var isMigration = args is ["migrate", ..];
var configuration = ServerConfiguration.Load(isMigration ? "opsen-silo migrate" : "opsen-silo", isMigration ? args[1..] : args, ProcessEnvironment.Variables());
if (configuration.Options is not { } options)
{
    return configuration.Print(Console.Out, Console.Error);
}

if (options.Cluster == ClusterMode.Embedded)
{
    await Console.Error.WriteLineAsync(
        "opsen-silo: 'cluster' is 'embedded', where opsen-gateway hosts the silo itself. Set 'cluster: localhost' or 'cluster: postgres' for both programs.");
    return ConfigurationResult<ServerOptions>.InvalidExitCode;
}

if (isMigration && options.Cluster != ClusterMode.Postgres)
{
    await Console.Error.WriteLineAsync("opsen-silo: 'migrate' prepares the database of 'cluster: postgres'; a SQLite file is prepared when the program starts.");
    return ConfigurationResult<ServerOptions>.InvalidExitCode;
}

return await StartFailure.ReportAsync("opsen-silo", async () =>
{
    if (isMigration)
    {
        Console.WriteLine(await PostgresCluster.MigrateAsync(options));
        return;
    }

    await SiloProgram.RunAsync(options, configuration.Warnings);
});
