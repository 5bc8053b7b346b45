namespace Opsen.Agent.Identity;

/// <summary>
/// Finds the host's id: configured, else stored, else new. It must be the same after a restart: with a new id the gateway would see a second
/// host, and the first would stay until it is stale.
/// </summary>
/// <param name="directories">Where an id may be kept, best first.</param>
/// <param name="endpoint">The backend's main endpoint; null when the gateway derives it.</param>
/// <param name="machine">Fingerprint of this machine; null when unknown.</param>
internal sealed class IdentityResolver(IReadOnlyList<string> directories, Uri? endpoint, string? machine)
{
    private readonly List<string> _problems = [];

    /// <summary>Finds the id.</summary>
    /// <param name="configured"><c>client_id</c>; empty = not set.</param>
    public ClientIdentity Resolve(string configured)
    {
        if (configured.Length > 0)
        {
            return new ClientIdentity(configured, IdentityOrigin.Configured, null, []);
        }

        var paths = directories.Select(directory => Path.Join(directory, IdentityFile.NameFor(endpoint))).ToList();
        return ReadStored(paths) ?? Mint(paths);
    }

    private ClientIdentity? ReadStored(List<string> paths)
    {
        foreach (var path in paths)
        {
            if (IdentityFile.TryRead(path, out var stored, out var error))
            {
                return stored.Machine is null || machine is null || stored.Machine == machine
                    ? new ClientIdentity(stored.ClientId!, IdentityOrigin.Stored, path, _problems)
                    : Write([path, .. paths], IdentityOrigin.MintedForClone);
            }

            if (error is not null)
            {
                _problems.Add($"{path} cannot be used: {error}");
            }
        }

        return null;
    }

    private ClientIdentity Mint(List<string> paths)
    {
        foreach (var path in paths)
        {
            // Another agent of the same backend may have been quicker; then both use its id.
            var id = NewIdentity();
            if (IdentityFile.TryWrite(path, id, replace: false, out _))
            {
                return new ClientIdentity(id.ClientId!, IdentityOrigin.Minted, path, _problems);
            }

            if (IdentityFile.TryRead(path, out var stored, out _))
            {
                return new ClientIdentity(stored.ClientId!, IdentityOrigin.Stored, path, _problems);
            }
        }

        return Write(paths, IdentityOrigin.Minted);
    }

    private ClientIdentity Write(IReadOnlyList<string> paths, IdentityOrigin origin)
    {
        var id = NewIdentity();
        foreach (var path in paths)
        {
            if (IdentityFile.TryWrite(path, id, replace: true, out var error))
            {
                return new ClientIdentity(id.ClientId!, origin, path, _problems);
            }

            _problems.Add($"{path} cannot be written: {error}");
        }

        return new ClientIdentity(id.ClientId!, IdentityOrigin.Ephemeral, null, _problems);
    }

    private StoredIdentity NewIdentity() => new(Guid.NewGuid().ToString(), machine);
}
