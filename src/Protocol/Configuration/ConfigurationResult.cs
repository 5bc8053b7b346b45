namespace Opsen.Protocol.Configuration;

/// <summary>What came of loading a program's configuration.</summary>
public enum ConfigurationOutcome
{
    /// <summary>The options are there: start.</summary>
    Loaded,

    /// <summary>The command line asks for the version or the usage: print it and end.</summary>
    Information,

    /// <summary>The configuration is wrong: print every error and end.</summary>
    Invalid,
}

/// <summary>The options of a program, or what it has to print instead of starting.</summary>
/// <typeparam name="TOptions"><see cref="ServerOptions"/> or <see cref="AgentOptions"/>.</typeparam>
public sealed class ConfigurationResult<TOptions>
    where TOptions : class
{
    /// <summary>Exit status of a program whose configuration is wrong: EX_CONFIG of sysexits.h, which a service file can exempt from restarts.</summary>
    public const int InvalidExitCode = 78;

    private readonly string _information;

    private ConfigurationResult(ConfigurationOutcome outcome, TOptions? options, string information)
    {
        Outcome = outcome;
        Options = options;
        _information = information;
    }

    /// <summary>What came of it.</summary>
    public ConfigurationOutcome Outcome { get; }

    /// <summary>The options; null unless <see cref="Outcome"/> is <see cref="ConfigurationOutcome.Loaded"/>.</summary>
    public TOptions? Options { get; }

    /// <summary>Everything that is wrong, in the order in which the sources are read.</summary>
    public IReadOnlyList<ConfigurationError> Errors { get; private init; } = [];

    /// <summary>Settings that are accepted but have no effect, one sentence each, to be logged at start.</summary>
    public IReadOnlyList<string> Warnings { get; private init; } = [];

    /// <summary>Every key with its value and where that came from, in the order of the keys; empty unless loaded.</summary>
    public IReadOnlyList<ConfigurationSetting> Settings { get; private init; } = [];

    /// <summary>Writes the version, the usage or all errors, and returns the status with which the program should end.</summary>
    /// <param name="output">Takes the version or the usage.</param>
    /// <param name="error">Takes the errors, one on each line.</param>
    /// <returns>0, or <see cref="InvalidExitCode"/> when the configuration is wrong.</returns>
    public int Print(TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (Outcome != ConfigurationOutcome.Invalid)
        {
            output.Write(_information);
            return 0;
        }

        foreach (var one in Errors)
        {
            error.WriteLine(one);
        }

        return InvalidExitCode;
    }

    internal static ConfigurationResult<TOptions> Loaded(TOptions options, IReadOnlyList<string> warnings, IReadOnlyList<ConfigurationSetting> settings) =>
        new(ConfigurationOutcome.Loaded, options, "") { Warnings = warnings, Settings = settings };

    internal static ConfigurationResult<TOptions> Information(string text) => new(ConfigurationOutcome.Information, null, text);

    internal static ConfigurationResult<TOptions> Invalid(IReadOnlyList<ConfigurationError> errors) =>
        new(ConfigurationOutcome.Invalid, null, "") { Errors = errors };
}

/// <summary>A key with its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value as it would be written in the file; a secret is hidden.</param>
/// <param name="Source">Where it came from: "server.yml:3", a variable, a flag, or "default".</param>
public sealed record ConfigurationSetting(string Key, string Value, string Source);
