using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration;

/// <summary>One thing that is wrong with the configuration, and what is allowed instead.</summary>
/// <param name="Source">Where it was written: the file's path, an environment variable or a flag.</param>
/// <param name="Line">Line in the file, from 1; null for anything but a file.</param>
/// <param name="Key">The key, such as "port" or "tiers[1].vcpu"; empty when no single key is to blame.</param>
/// <param name="Message">What is wrong and what is allowed.</param>
public sealed record ConfigurationError(string Source, int? Line, string Key, string Message)
{
    /// <summary>"server.yml:3: port: what is wrong; what is allowed", without the parts that do not apply.</summary>
    public override string ToString()
    {
        var place = Line is { } line ? $"{Source}:{line}" : Source;
        return Key.Length == 0 ? $"{place}: {Message}" : $"{place}: {Key}: {Message}";
    }
}

/// <summary>Collects errors so that all of them can be reported together.</summary>
internal sealed class ErrorCollector
{
    private readonly List<ConfigurationError> _errors = [];
    private readonly List<ConfigurationError> _warnings = [];

    /// <summary>What was found so far, in order.</summary>
    public IReadOnlyList<ConfigurationError> Errors => _errors;

    /// <summary>What is accepted but does nothing, in order.</summary>
    public IReadOnlyList<ConfigurationError> Warnings => _warnings;

    /// <summary>Adds a warning.</summary>
    public void Warn(Origin origin, string key, string message) => _warnings.Add(new ConfigurationError(origin.Source, origin.Line, key, message));

    /// <summary>Adds an error.</summary>
    public void Add(Origin origin, string key, string message) =>
        _errors.Add(new ConfigurationError(origin.Source, origin.Line, key, message));

    /// <summary>Whether the value of a key, or anything inside it, is wrong.</summary>
    public bool Concerns(string key) =>
        _errors.Exists(error => error.Key == key || error.Key.StartsWith($"{key}[", StringComparison.Ordinal));
}
