namespace Opsen.Protocol.Configuration.Rules;

/// <summary>Something that must hold between keys, or between a key and this machine.</summary>
/// <param name="Keys">The keys involved; the error is reported at the first that was written. Skipped when one of them has an error of its own.</param>
/// <param name="Violation">What is wrong and what is allowed; null when the rule holds.</param>
internal sealed record ConfigurationRule<TOptions>(IReadOnlyList<string> Keys, Func<TOptions, string?> Violation);
