using System.Text.RegularExpressions;

namespace Opsen.Protocol.Configuration.Sources;

/// <summary>
/// Variables that Kubernetes (for a service named opsen-server) and Docker links add on their own, such as OPSEN_SERVER_SERVICE_HOST
/// or OPSEN_SERVER_PORT=tcp://10.0.0.1:8080. Nobody wrote them as settings.
/// </summary>
internal static partial class OrchestratorVariables
{
    /// <summary>Whether a variable is one of them.</summary>
    public static bool Contains(string name, string value) =>
        Name().IsMatch(name) || (name.EndsWith("_PORT", StringComparison.Ordinal) && LinkedPort().IsMatch(value));

    [GeneratedRegex(@"_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)\z|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A(tcp|udp|sctp)://")]
    private static partial Regex LinkedPort();
}
