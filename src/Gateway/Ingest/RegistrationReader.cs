using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Opsen.Gateway.Geo;
using Opsen.Gateway.Requests;
using Opsen.Grains.Backends;
using Opsen.Grains.Interfaces;
using Opsen.Grains.Interfaces.Backends;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Configuration.Values;
using Opsen.Protocol.Http;

namespace Opsen.Gateway.Ingest;

/// <summary>Checks a registration and fills in what follows from it: the endpoint, the pool and, from GeoIP, the place.</summary>
internal sealed class RegistrationReader(ServerOptions options, OwnListeners own, BackendNetworks networks, GeoLocator geo)
{
    /// <summary>Port of an endpoint that a host does not name.</summary>
    private const int DefaultPort = 11000;

    /// <summary>What the reference implementation's agent sends for an unknown address, country or city.</summary>
    private const string UnknownWord = "unknown";

    /// <summary>The registration, or null when <paramref name="checks"/> has found a mistake.</summary>
    /// <param name="client">The connection's remote address, which locates a host that reports neither place nor public address. A host that sends "unknown"
    /// gets no place.</param>
    /// <param name="checks">Collects the mistakes.</param>
    public BackendRegistration? Read(RegisterRequest request, IPAddress? client, FieldChecks checks)
    {
        var clientId = checks.Identity("client_id", request.ClientId, IngestLimits.ClientId);
        if (clientId is "." or ".." or "purge" or "purge-pending")
        {
            checks.Refuse("client_id", "must not be '.', '..', 'purge' or 'purge-pending': no path could name the host");
        }

        var publicIp = checks.Address("public_ip", Known(request.PublicIp));
        var localIp = checks.Address("local_ip", Known(request.LocalIp));
        var place = checks.Place("latitude", request.Latitude, "longitude", request.Longitude);
        var country = checks.Text("country", Known(request.Country), IngestLimits.PlaceName);
        var city = checks.Text("city", Known(request.City), IngestLimits.PlaceName);
        var models = ReadModels(request.GpuModels ?? [], checks);
        var registration = new BackendRegistration
        {
            ClientId = clientId,
            Pool = ReadPool(request.Pool, checks),
            IsPoolOfGateway = string.IsNullOrEmpty(request.Pool),
            Hostname = checks.Text("hostname", request.Hostname, IngestLimits.Hostname),
            PublicIp = publicIp?.ToString() ?? "",
            LocalIp = localIp?.ToString() ?? "",
            TotalCpu = checks.Count("total_cpu", request.TotalCpu, IngestLimits.Cores),
            TotalMemoryGb = checks.Amount("total_memory_gb", request.TotalMemoryGb, 0, IngestLimits.Gigabytes),
            TotalStorageGb = checks.Amount("total_storage_gb", request.TotalStorageGb, 0, IngestLimits.Gigabytes),
            TotalGpus = checks.Count("total_gpus", request.TotalGpus ?? models.Length, IngestLimits.Gpus),
            GpuModels = models,
            Endpoints = ReadEndpoints(request, localIp, publicIp, checks),
        };
        return checks.Passed ? Place(registration, place, country, city, publicIp ?? (IsUnknown(request.PublicIp) ? null : client)) : null;
    }

    /// <summary>Locates the host: by the coordinates it sent, else by its address.</summary>
    private BackendRegistration Place(BackendRegistration registration, GeoPoint place, string country, string city, IPAddress? address)
    {
        if (!place.IsKnown)
        {
            var found = geo.Find(address);
            place = found.Place;
            country = country.Length > 0 ? country : found.Country;
            city = city.Length > 0 ? city : found.City;
        }

        return registration with { Place = place, Country = country, City = city };
    }

    private string ReadPool(string? pool, FieldChecks checks)
    {
        if (string.IsNullOrEmpty(pool))
        {
            return options.Pool;
        }

        if (!TextFormats.IsPool(pool))
        {
            checks.Refuse("pool", "must have 1 to 64 characters of a-z, 0-9 and -");
        }

        return pool;
    }

    private static ImmutableArray<string> ReadModels(IReadOnlyList<string?> models, FieldChecks checks) =>
        checks.IsShort("gpu_models", models, IngestLimits.Gpus)
            ? [.. models.Select((model, i) => checks.Text($"gpu_models[{i}]", model, IngestLimits.GpuModel))]
            : [];

    private ImmutableArray<BackendEndpoint> ReadEndpoints(RegisterRequest request, IPAddress? localIp, IPAddress? publicIp, FieldChecks checks)
    {
        if (request.Endpoints is { Count: > 0 } endpoints)
        {
            return checks.IsShort("endpoints", endpoints, IngestLimits.Endpoints) && HasFewPatterns(endpoints, checks)
                ? [.. endpoints.Select((endpoint, i) => ReadEndpoint($"endpoints[{i}]", endpoint, checks))]
                : [];
        }

        if (!string.IsNullOrEmpty(request.EndpointUrl))
        {
            return [new BackendEndpoint(ReadUrl("endpoint_url", request.EndpointUrl, checks), [])];
        }

        if ((localIp ?? publicIp) is { } address)
        {
            var host = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
            return [new BackendEndpoint($"http://{host}:{DefaultPort}", [])];
        }

        checks.Refuse("endpoint_url", "is required when there are no endpoints, local_ip or public_ip either: the host must be reachable somewhere");
        return [];
    }

    private static bool HasFewPatterns(IReadOnlyList<EndpointEntry?> endpoints, FieldChecks checks)
    {
        var paths = endpoints.SelectMany(static endpoint => endpoint?.Paths ?? []).OfType<string>().ToList();
        var wildcards = paths.Where(WildcardPattern.IsWildcard).Sum(static path => path.Length);
        if (wildcards > IngestLimits.HostWildcards)
        {
            checks.Refuse("endpoints", $"must have patterns with * or ? of at most {IngestLimits.HostWildcards} characters together, they have {wildcards}");
        }

        return checks.IsShort("endpoints' paths, all of them,", paths, IngestLimits.HostPaths) && wildcards <= IngestLimits.HostWildcards;
    }

    private BackendEndpoint ReadEndpoint(string field, EndpointEntry? endpoint, FieldChecks checks)
    {
        var paths = endpoint?.Paths ?? [];
        return new BackendEndpoint(
            ReadUrl($"{field}.url", endpoint?.Url, checks),
            checks.IsShort($"{field}.paths", paths, IngestLimits.Paths)
                ? [.. paths.Select((path, i) => ReadPath($"{field}.paths[{i}]", path, checks))]
                : []);
    }

    private static string ReadPath(string field, string? path, FieldChecks checks)
    {
        if (string.IsNullOrEmpty(path) || path[0] is not ('/' or '*'))
        {
            checks.Refuse(field, "must begin with / or *");
        }

        return checks.Text(field, path, IngestLimits.Path);
    }

    private string ReadUrl(string field, string? url, FieldChecks checks)
    {
        var parsed = EndpointUrl.Parse(url);
        if (parsed is null)
        {
            checks.Refuse(field, EndpointUrl.Rule);
        }
        else if (IPAddress.TryParse(new Uri(parsed).IdnHost, out var address) && !networks.Allows(address))
        {
            checks.Refuse(field, "is at an address that backends may not have: name another one, or let the operator add its network to allowed_backend_networks");
        }
        else if (own.Contains(new Uri(parsed)))
        {
            checks.Refuse(field, "is one of this gateway's own listeners, so every request to it would come back; name the address at which the backend serves");
        }

        return parsed ?? "";
    }

    private static string? Known(string? value) => IsUnknown(value) ? null : value;

    private static bool IsUnknown(string? value) => UnknownWord.Equals(value, StringComparison.OrdinalIgnoreCase);
}
