using System.Net;
using Opsen.Hosting.Startup;

namespace Opsen.Gateway.Security;

/// <summary>The log of changes by the API: a category of its own, which <c>log_level</c> does not silence.</summary>
internal sealed partial class AuditLog(ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger(OpsenLogging.AuditCategory);

    /// <summary>Writes a change, made or refused.</summary>
    [LoggerMessage(3031, LogLevel.Information, "Audit: {Change} {Path} by {Key} from {Address}: {Status}")]
    public partial void Write(string change, string path, string key, IPAddress? address, int status);
}
