using Opsen.Hosting.Admin;
using Opsen.Hosting.Cluster;
using Opsen.Hosting.Startup;
using Opsen.Protocol.Configuration;

namespace Opsen.Silo;

/// <summary>The <c>opsen-silo</c> program.</summary>
internal static class SiloProgram
{
    /// <summary>Runs until the process is told to stop.</summary>
    public static async Task RunAsync(ServerOptions options, IReadOnlyList<string> warnings)
    {
        var host = options.Cluster == ClusterMode.Localhost ? "127.0.0.1" : "*";
        PortCheck.Require("silo_port", host, options.SiloPort);
        PortCheck.Require("silo_gateway_port", host, options.SiloGatewayPort);
        PortCheck.Require("silo_admin_port", options.AdminHost, options.SiloAdminPort);
        var builder = ProgramBuilder.Create(options);
        await builder.UseOpsenSiloAsync(options);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenForAdmin(options.AdminHost, options.SiloAdminPort);
        });

        await using var app = builder.Build();
        StartupLog.Report(app.Logger, app.Lifetime, "opsen-silo", warnings, () =>
            $"{options.SiloPort} (silos), {options.SiloGatewayPort} (gateways)" + (options.SiloAdminPort == 0 ? "" : $", {options.AdminHost}:{options.SiloAdminPort} (admin)"));
        app.UseAdminListener(options, options.SiloAdminPort);
        await app.RunAsync();
    }
}
