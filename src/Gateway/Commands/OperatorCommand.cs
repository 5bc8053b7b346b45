namespace Opsen.Gateway.Commands;

/// <summary>The part of a command line that asks a running gateway for something, or works on its files.</summary>
/// <param name="Name">The command's words, such as "hosts" or "config check".</param>
/// <param name="Operands">What it is about: ids, a file.</param>
/// <param name="Flags">Its own flags with their values; "" for one without.</param>
/// <param name="Rest">The flags of the configuration.</param>
internal sealed record OperatorCommand(
    string Name, IReadOnlyList<string> Operands, IReadOnlyDictionary<string, string> Flags, IReadOnlyList<string> Rest)
{
    /// <summary>The command is used wrongly.</summary>
    public const int UsageExitCode = 2;

    private static readonly string[] Switches = ["json", "all"];
    private static readonly string[] Values = ["admin", "key", "deadline", "limit", "interval", "reason", "horizon", "only"];

    /// <summary>Whether it writes JSON.</summary>
    public bool AsJson => Flags.ContainsKey("json");

    /// <summary>The command of a command line; null when it has none, so that the gateway runs.</summary>
    public static OperatorCommand? Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || arguments[0].StartsWith('-'))
        {
            return null;
        }

        var isOfTwoWords = arguments is ["config", not "-", ..] && !arguments[1].StartsWith('-');
        var (operands, flags, rest) = (new List<string>(), new Dictionary<string, string>(StringComparer.Ordinal), new List<string>());
        for (var i = isOfTwoWords ? 2 : 1; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            var name = argument.TrimStart('-');
            var equals = name.IndexOf('=', StringComparison.Ordinal);
            var word = equals < 0 ? name : name[..equals];
            if (!argument.StartsWith('-'))
            {
                // What follows a flag of the configuration is its value.
                (rest.Count > 0 && rest[^1].StartsWith('-') && !rest[^1].Contains('=', StringComparison.Ordinal) ? rest : operands).Add(argument);
            }
            else if (Switches.Contains(name))
            {
                flags[name] = "";
            }
            else if (Values.Contains(word))
            {
                flags[word] = equals >= 0 ? name[(equals + 1)..] : i + 1 < arguments.Count ? arguments[++i] : "";
            }
            else
            {
                rest.Add(argument);
            }
        }

        return new OperatorCommand(isOfTwoWords ? $"config {arguments[1]}" : arguments[0], operands, flags, rest);
    }
}
