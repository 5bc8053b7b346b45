namespace Opsen.Agent.Identity;

/// <summary>Where a <see cref="ClientIdentity"/> came from.</summary>
internal enum IdentityOrigin
{
    /// <summary>The configuration names it.</summary>
    Configured,

    /// <summary>An earlier start made it.</summary>
    Stored,

    /// <summary>Made by this start and kept.</summary>
    Minted,

    /// <summary>Made by this start because the machine is a copy of the one that the stored id belongs to, and kept.</summary>
    MintedForClone,

    /// <summary>Made by this start and not kept: no directory can be written.</summary>
    Ephemeral,
}

/// <summary>The host's identity at the gateway.</summary>
/// <param name="Id">The <c>client_id</c>.</param>
/// <param name="Origin">Where it came from.</param>
/// <param name="Path">The file that keeps it; null when none does.</param>
/// <param name="Problems">What went wrong on the way, a sentence each.</param>
internal sealed record ClientIdentity(string Id, IdentityOrigin Origin, string? Path, IReadOnlyList<string> Problems);
