using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Rules;

namespace Opsen.Protocol.Configuration;

/// <summary>Everything that sets one configuration apart from another.</summary>
/// <param name="FileName">Usual name of its file.</param>
/// <param name="VariablePrefix">What its environment variables begin with.</param>
/// <param name="Keys">Its keys.</param>
/// <param name="Rules">What must hold between keys.</param>
/// <param name="NotInEffect">Keys that this version does not act on.</param>
internal sealed record ConfigurationDefinition<TOptions>(
    string FileName,
    string VariablePrefix,
    KeyTable<TOptions> Keys,
    IReadOnlyList<ConfigurationRule<TOptions>> Rules,
    IReadOnlyList<NotInEffect<TOptions>> NotInEffect)
    where TOptions : class;
