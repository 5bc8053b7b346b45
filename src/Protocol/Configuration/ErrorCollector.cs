using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration;

/// <summary>Collects errors so that all of them can be reported together.</summary>
internal sealed class ErrorCollector
{
    private readonly List<ConfigurationError> _errors = [];

    /// <summary>What was found so far, in order.</summary>
    public IReadOnlyList<ConfigurationError> Errors => _errors;

    /// <summary>Adds an error.</summary>
    public void Add(Origin origin, string key, string message) =>
        _errors.Add(new ConfigurationError(origin.Source, origin.Line, key, message));

    /// <summary>Whether the value of a key, or anything inside it, is wrong.</summary>
    public bool Concerns(string key) =>
        _errors.Exists(error => error.Key == key || error.Key.StartsWith($"{key}[", StringComparison.Ordinal));
}
