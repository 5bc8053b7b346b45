using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>Starts the programs under test.</summary>
internal static class Programs
{
    public static ChildProcess StartGateway(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null) =>
        ChildProcess.Start("gateway", BuildOutput.Find("src/Gateway", "opsen-gateway"), arguments, environment);

    /// <summary>Starts a gateway that may have so many files open.</summary>
    public static ChildProcess StartGateway(IEnumerable<string> arguments, int openFiles) => ChildProcess.Start(
        "gateway",
        "bash",
        ["-c", $"ulimit -n {openFiles} && exec \"$0\" \"$@\"", BuildOutput.Find("src/Gateway", "opsen-gateway"), .. arguments]);

    public static ChildProcess StartSilo(IEnumerable<string> arguments) =>
        ChildProcess.Start("silo", BuildOutput.Find("src/Silo", "opsen-silo"), arguments);

    public static ChildProcess StartAgent(IEnumerable<string> arguments) =>
        ChildProcess.Start("agent", BuildOutput.Find("src/Agent", "opsen-agent"), arguments);

    public static ChildProcess StartEchoBackend(string name, Uri url) =>
        ChildProcess.Start(name, BuildOutput.Find("examples/EchoBackend", "echo-backend"), ["--urls", url.OriginalString, "--name", name]);
}
