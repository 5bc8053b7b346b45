namespace Opsen.System.Tests.Harness;

/// <summary>The <c>server.yml</c> of a deployment: YAML values by key.</summary>
internal sealed class ServerSettings
{
    private readonly SortedDictionary<string, string> _values = new(StringComparer.Ordinal)
    {
        ["host"] = "127.0.0.1",
        ["rate_limit_per_minute"] = "0",
        ["health_check_enabled"] = "false",
        ["sticky_header"] = "X-Session-ID",
        ["proxy_endpoints"] = "[/app]",
        // Nothing that a test registers goes stale while the tests run.
        ["stale_minutes"] = "60",
        ["shutdown_timeout_seconds"] = "3",
        ["tiers"] = """
            [
              {name: lite, vcpu: 1, memory_gb: 1, storage_gb: 5},
              {name: tiny, vcpu: 0, memory_gb: 0.01, storage_gb: 0},
              {name: bulk, vcpu: 1, memory_gb: 0.1, storage_gb: 4000},
              {name: huge, vcpu: 512, memory_gb: 1, storage_gb: 1},
              {name: gpu, vcpu: 1, memory_gb: 1, storage_gb: 1, gpu: 1, gpu_memory_gb: 16}
            ]
            """,
    };

    /// <summary>Sets a key to a YAML value in flow style.</summary>
    public string this[string key]
    {
        get => _values[key];
        set => _values[key] = value;
    }

    /// <summary>Whether the main listener has a certificate.</summary>
    public bool HasTls => _values.ContainsKey("tls_cert_file");

    /// <summary>Whether connections without a PROXY protocol header are closed.</summary>
    public bool WantsProxyHeader => _values.ContainsKey("proxy_protocol");

    public string ToYaml() => string.Concat(_values.Select(static entry => $"{entry.Key}: {entry.Value.ReplaceLineEndings("\n  ")}\n"));
}
