using Opsen.Hosting.Admin;
using Opsen.Protocol.Configuration;

namespace Opsen.Hosting.Startup;

/// <summary>The host builder of both programs, with what they have in common.</summary>
public static class ProgramBuilder
{
    /// <summary>Makes the builder. It reads none of the framework's configuration files, because everything is in <c>server.yml</c> and the process would
    /// otherwise watch every folder below its working directory for changes.</summary>
    public static WebApplicationBuilder Create(ServerOptions options)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = ["--hostBuilder:reloadConfigOnChange=false"],
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Logging.UseOpsenLogging(options);
        builder.Services.AddSystemd().AddWindowsService();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(options.ShutdownTimeoutSeconds));
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddTelemetry(options);
        return builder;
    }
}
