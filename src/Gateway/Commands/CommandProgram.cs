using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Commands;

/// <summary>Runs the commands of <c>opsen-gateway</c> that are no gateway.</summary>
internal static class CommandProgram
{
    private const string Program = "opsen-gateway";

    /// <summary>The commands, in the order of the help.</summary>
    private static readonly Verb[] Verbs =
    [
        new("top", "", "the fleet, live; q ends it. -interval SECONDS", TopCommand.RunAsync),
        new("hosts", "", "hosts with their load, sessions and state. -all adds ids and endpoints", LookCommands.HostsAsync),
        new("fits", "[TIER]", "how many more sessions of each tier fit; of one tier, on which hosts, and why not on the others", LookCommands.FitsAsync),
        new("sessions", "[HOST]", "where sessions are. -limit N", LookCommands.SessionsAsync),
        new("why", "[RESERVATION|SESSION]", "recent decisions; why one of them was made. -limit N", LookCommands.WhyAsync),
        new("drain", "HOST", "no new sessions; those that it has stay, or move after -deadline SECONDS", ChangeCommands.DrainAsync),
        new("undrain", "HOST", "back in service", ChangeCommands.UndrainAsync),
        new("maintenance", "HOST", "out of service at once; its sessions move", ChangeCommands.MaintenanceAsync),
        new("remove", "HOST", "forget it, with its sessions and reservations", ChangeCommands.RemoveAsync),
        new("config check", "", "whether the configuration is good; ends with 78 when it is not", null),
        new("config show", "", "what differs from the defaults, and where it was set. -all shows every key", null),
        new("backup", "FILE", "copy the SQLite database while the gateway runs", null),
        new("replay", "FILE", "by a decision_log: what other scores would have chosen, and their regret. -horizon MINUTES, -only POOL", null),
        new("completion", "bash", "completion for the shell: source <(opsen-gateway completion bash)", null),
    ];

    /// <summary>What <c>-help</c> prints after the flags.</summary>
    public static string Help => $"""

        Commands, which ask the running gateway of the same configuration (or -admin URL) at its admin listener:
        {string.Join(Environment.NewLine, Verbs.Select(static verb => $"  {$"{verb.Name} {verb.Operands}".TrimEnd(),-30}{verb.Help}"))}
        -json makes them write JSON. A change wants a key where keys are configured: -key KEY, the variable OPSEN_API_KEY, or the server_key of the configuration.
        They end with 0; 1 when the gateway says no; 2 for a wrong command line; 3 when no gateway answers; 78 for a wrong configuration.

        """;

    /// <summary>Runs a command; null when the command line has none.</summary>
    public static async Task<int?> TryRunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        if (OperatorCommand.Parse(arguments) is not { } command)
        {
            return null;
        }

        if (command.Name is "help")
        {
            output.Write(Help);
            return 0;
        }

        if (Verbs.FirstOrDefault(verb => verb.Name == command.Name) is not { } known)
        {
            error.WriteLine($"{Program}: unknown command '{command.Name}'; there are: {string.Join(", ", Verbs.Select(static verb => verb.Name))}");
            return OperatorCommand.UsageExitCode;
        }

        if (known.Name == "completion")
        {
            return Complete(command, output, error);
        }

        if (known.Name == "replay")
        {
            return await TryAsync(error, () =>
            {
                ReplayCommand.Run(command, output);
                return Task.CompletedTask;
            });
        }

        var configuration = ServerConfiguration.Load($"{Program} {command.Name}", command.Rest, ProcessEnvironment.Variables());
        if (configuration.Options is not { } options)
        {
            return configuration.Print(output, error);
        }

        return await TryAsync(error, () => RunAsync(known, command, configuration, options, output));
    }

    private static async Task<int> TryAsync(TextWriter error, Func<Task> run)
    {
        try
        {
            await run();
            return 0;
        }
        catch (CommandException problem)
        {
            error.WriteLine($"{Program}: {problem.Message}");
            return problem.ExitCode;
        }
    }

    private static async Task RunAsync(
        Verb verb, OperatorCommand command, ConfigurationResult<ServerOptions> configuration, ServerOptions options, TextWriter output)
    {
        switch (verb.Name)
        {
            case "config check":
                FileCommands.Check(configuration, output);
                break;

            case "config show":
                FileCommands.Show(command, configuration, output);
                break;

            case "backup":
                FileCommands.Backup(command, options, output);
                break;

            default:
                using (var gateway = AdminClient.Create(command, options))
                {
                    await verb.Run!(command, gateway, output);
                }

                break;
        }
    }

    private static int Complete(OperatorCommand command, TextWriter output, TextWriter error)
    {
        if (command.Operands is not ["bash"])
        {
            error.WriteLine($"{Program}: completion is there for bash");
            return OperatorCommand.UsageExitCode;
        }

        var words = string.Join(' ', Verbs.Select(static verb => verb.Name.Split(' ')[0]).Distinct());
        output.WriteLine($$"""
            _opsen_gateway() {
                local word=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]}
                if [ "$COMP_CWORD" -eq 1 ]; then
                    COMPREPLY=($(compgen -W "{{words}}" -- "$word"))
                elif [ "$verb" = config ] && [ "$COMP_CWORD" -eq 2 ]; then
                    COMPREPLY=($(compgen -W "check show" -- "$word"))
                elif [[ $word = -* ]]; then
                    COMPREPLY=($(compgen -W "-config -json -admin -key -all -limit -deadline -interval -horizon -only" -- "$word"))
                elif [[ " drain undrain maintenance remove sessions " = *" $verb "* ]]; then
                    COMPREPLY=($(compgen -W "$({{Program}} hosts 2>/dev/null | awk 'NR > 1 && NF > 3 { print $1 }')" -- "$word"))
                else
                    COMPREPLY=($(compgen -f -- "$word"))
                fi
            }
            complete -F _opsen_gateway {{Program}}
            """);
        return 0;
    }

    /// <summary>A command.</summary>
    /// <param name="Name">Its words.</param>
    /// <param name="Operands">What follows them.</param>
    /// <param name="Help">What it does.</param>
    /// <param name="Run">Does it with a running gateway; null when it needs none.</param>
    private sealed record Verb(string Name, string Operands, string Help, Func<OperatorCommand, AdminClient, TextWriter, Task>? Run);
}
