namespace Opsen.Silo.Hosting;

/// <summary>The host builder of both programs.</summary>
public static class ProgramBuilder
{
    /// <summary>
    /// A builder without the framework's configuration files: everything is in <c>server.yml</c>. With them the process would watch every folder below its
    /// working directory for changes.
    /// </summary>
    public static WebApplicationBuilder Create() => WebApplication.CreateSlimBuilder(new WebApplicationOptions
    {
        Args = ["--hostBuilder:reloadConfigOnChange=false"],
        ContentRootPath = AppContext.BaseDirectory,
    });
}
