namespace Opsen.Protocol.Configuration.Rules;

/// <summary>What happens to a key that this version does not act on.</summary>
internal enum NotInEffectAction
{
    /// <summary>The program does not start: it would not do what its operator asks for.</summary>
    Refuse,

    /// <summary>It starts and says so: the key only tunes how the reference works inside.</summary>
    Warn,
}

/// <summary>A key that this version does not act on. The version that does deletes its row.</summary>
/// <param name="Key">The key.</param>
/// <param name="Action">What to do about a value other than the default.</param>
/// <param name="Reason">Why, and what to do instead.</param>
/// <param name="Applies">When, for a value other than the default; null for always.</param>
internal sealed record NotInEffect<TOptions>(string Key, NotInEffectAction Action, string Reason, Func<TOptions, bool>? Applies = null);
