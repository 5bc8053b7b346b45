using System.Collections;

namespace Opsen.Protocol.Configuration;

/// <summary>The environment of this process.</summary>
public static class ProcessEnvironment
{
    /// <summary>A copy of all variables.</summary>
    public static IReadOnlyDictionary<string, string> Variables() =>
        Environment.GetEnvironmentVariables()
            .Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
}
