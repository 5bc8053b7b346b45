namespace Opsen.Agent.Commands;

/// <summary>What the command line asks for, beside the flags of the configuration.</summary>
internal enum AgentAction
{
    /// <summary>Run.</summary>
    Run,

    /// <summary><c>--once</c>: show one reading and end.</summary>
    Once,

    /// <summary><c>doctor</c>: check everything and end.</summary>
    Doctor,
}

/// <summary>The part of the command line that is no configuration.</summary>
/// <param name="Action">What to do.</param>
/// <param name="AsJson">Whether <c>--once</c> writes JSON.</param>
/// <param name="Rest">The flags of the configuration.</param>
internal sealed record AgentCommand(AgentAction Action, bool AsJson, IReadOnlyList<string> Rest)
{
    /// <summary>What <c>-help</c> prints after the flags.</summary>
    public const string Help = """

        Instead of running:
          -once [-json]                   print one reading and end, as a table or as the report that would be sent
          doctor                          check the sensors, the identity, the gateway, the key and the endpoint, and say what is wrong and why;
                                          ends with 1 when something is

        """;

    /// <summary>Takes it out of a command line. Mistakes stay in <see cref="Rest"/>, where they are told with all others.</summary>
    public static AgentCommand Parse(IReadOnlyList<string> arguments)
    {
        if (arguments is ["doctor", ..])
        {
            return new AgentCommand(AgentAction.Doctor, false, [.. arguments.Skip(1)]);
        }

        var isOnce = arguments.Any(static argument => argument is "-once" or "--once");
        return isOnce
            ? new AgentCommand(
                AgentAction.Once,
                arguments.Any(static argument => argument is "-json" or "--json"),
                [.. arguments.Where(static argument => argument is not ("-once" or "--once" or "-json" or "--json"))])
            : new AgentCommand(AgentAction.Run, false, arguments);
    }
}
