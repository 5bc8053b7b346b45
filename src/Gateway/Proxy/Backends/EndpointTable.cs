using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Opsen.Gateway.Requests;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Proxy.Backends;

/// <summary>
/// Chooses the URL of a host for a path (<c>endpoints[].paths</c>): exact match, then prefix by whole segments, then wildcard; inside a
/// kind the longer pattern wins, of equal ones the first; nothing matches: the first endpoint. A pattern with <c>*</c> or <c>?</c> is of
/// the wildcard kind, any other is both of the exact and of the prefix kind.
/// </summary>
/// <remarks>
/// Exact and prefix patterns share one dictionary that is asked for the path and then for ever shorter prefixes of it, so their
/// number does not matter; wildcards are tried one by one, longest first. Built once for each registration.
/// </remarks>
internal sealed class EndpointTable
{
    private static readonly ConditionalWeakTable<BackendRegistration, EndpointTable> Tables = [];

    private readonly BackendTarget _first;
    private readonly (string Pattern, BackendTarget Target)[] _wildcards;
    private readonly Dictionary<string, BackendTarget>.AlternateLookup<ReadOnlySpan<char>> _literals;
    private readonly int _longestLiteral;

    /// <summary>Compiles the endpoints of a host; at least one.</summary>
    public EndpointTable(ImmutableArray<BackendEndpoint> endpoints)
    {
        var literals = new Dictionary<string, BackendTarget>(StringComparer.Ordinal);
        var wildcards = new List<(string Pattern, BackendTarget Target)>();
        foreach (var endpoint in endpoints)
        {
            var target = new BackendTarget(endpoint.Url);
            _first ??= target;
            foreach (var pattern in endpoint.Paths)
            {
                if (WildcardPattern.IsWildcard(pattern))
                {
                    wildcards.Add((pattern, target));
                }
                else if (pattern.Length > 0 && literals.TryAdd(pattern, target))
                {
                    _longestLiteral = Math.Max(_longestLiteral, pattern.Length);
                }
            }
        }

        _first = _first ?? throw new ArgumentException("A host has at least one endpoint.", nameof(endpoints));
        _literals = literals.GetAlternateLookup<ReadOnlySpan<char>>();
        _wildcards = [.. wildcards.OrderByDescending(wildcard => wildcard.Pattern.Length)];
    }

    /// <summary>The table of a registration, compiled at its first use.</summary>
    public static EndpointTable For(BackendRegistration registration) => Tables.GetValue(registration, static key => new EndpointTable(key.Endpoints));

    /// <summary>The URL that serves the path (decoded, as ASP.NET Core presents it).</summary>
    public BackendTarget Select(ReadOnlySpan<char> path)
    {
        if (_longestLiteral > 0 && FindLiteral(path) is { } literal)
        {
            return literal;
        }

        foreach (var (pattern, target) in _wildcards)
        {
            if (WildcardPattern.IsMatch(path, pattern))
            {
                return target;
            }
        }

        return _first;
    }

    private BackendTarget? FindLiteral(ReadOnlySpan<char> path)
    {
        if (path.Length <= _longestLiteral && _literals.TryGetValue(path, out var exact))
        {
            return exact;
        }

        // A prefix ends at a segment's border: with the slash ("/api/", and "/" itself) or before it ("/api").
        for (var border = path.LastIndexOf('/'); border >= 0; border = path[..border].LastIndexOf('/'))
        {
            if (border < _longestLiteral && _literals.TryGetValue(path[..(border + 1)], out var prefix))
            {
                return prefix;
            }

            if (border <= _longestLiteral && _literals.TryGetValue(path[..border], out prefix))
            {
                return prefix;
            }
        }

        return null;
    }
}
