using Opsen.Protocol.Configuration;

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

    /// <summary>The endpoint that an id belongs to.</summary>
    public static Uri? EndpointOf(AgentOptions options)
    {
        var endpoint = options.Endpoints.Count > 0 ? options.Endpoints[0].Url : options.EndpointUrl;
        return endpoint.Length == 0 ? null : new Uri(endpoint);
    }

    /// <summary>Looks for the stored id, and changes nothing.</summary>
    public (string? Id, string? Path, IReadOnlyList<string> Problems) Look()
    {
        foreach (var path in directories.Select(directory => Path.Join(directory, IdentityFile.NameFor(endpoint))))
        {
            if (IdentityFile.TryRead(path, out var stored, out var error))
            {
                return stored.Machine is null || machine is null || stored.Machine == machine
                    ? (stored.ClientId, path, _problems)
                    : (null, null, [$"{path} belongs to another machine: the next start makes an id of its own"]);
            }

            if (error is not null)
            {
                _problems.Add($"{path} cannot be used: {error}");
            }
        }

        return (null, null, _problems);
    }

    private ClientIdentity? ReadStored(List<string> paths)
    {
        foreach (var path in paths)
        {
            if (IdentityFile.TryRead(path, out var stored, out var error))
            {
                if (stored.Machine is not null && machine is not null && stored.Machine != machine)
                {
                    return Write([path, .. paths], IdentityOrigin.MintedForClone);
                }

                if (stored.Machine is null && machine is not null)
                {
                    // A machine that had no id of its own yet when this one was made. If it cannot be added now, clones are not recognised.
                    _ = IdentityFile.TryWrite(path, stored with { Machine = machine }, replace: true, out _);
                }

                return new ClientIdentity(stored.ClientId!, IdentityOrigin.Stored, path, _problems);
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
