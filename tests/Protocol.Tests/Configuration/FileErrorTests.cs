using Opsen.Protocol.Configuration;

namespace Opsen.Protocol.Tests.Configuration;

public sealed class FileErrorTests
{
    [Theory]
    [InlineData("port: 80\nstale_minuts: 5\n", "2: stale_minuts: unknown key; did you mean 'stale_minutes'?")]
    [InlineData("frobnication: false\n", "1: frobnication: unknown key; deploy/server.defaults.yml lists every key")]
    [InlineData("port: 80\nhost: 127.0.0.1\nport: 81\n", "3: port: is already set on line 1; each key is allowed once")]
    [InlineData("\n\nport: abc\n", "3: port: 'abc' is not a whole number; allowed: a whole number from 0 to 65535 (0 for any free port)")]
    [InlineData("port: 65536\n", "1: port: '65536' is out of range; allowed:")]
    [InlineData("port: 80\n\0host: 127.0.0.1\n", "2: broken YAML: the character U+0000 is not allowed")]
    [InlineData("port: 80 # \u0007\n", "1: broken YAML: the character U+0007 is not allowed")]
    [InlineData("port: -1\n", "1: port: '-1' is out of range; allowed:")]
    [InlineData("port: \"80\"\n", "1: port: '80' is a string; leave out the quotes; allowed:")]
    [InlineData("port: 5.7\n", "1: port: '5.7' is not a whole number; allowed:")]
    [InlineData("port: 010\n", "1: port: '010' is not a whole number; allowed:")]
    [InlineData("port: 8_080\n", "1: port: '8_080' is not a whole number; allowed:")]
    [InlineData("port:\n\n# nothing\n", "1: port: has no value; allowed:")]
    [InlineData("port:\n  80: 81\n", "2: port: a mapping is not allowed here; allowed:")]
    [InlineData("json_logging: 1\n", "1: json_logging: '1' is not a boolean; allowed: true or false (also yes, no, on, off)")]
    [InlineData("log_level: verbose\n", "1: log_level: 'verbose' is none of these; allowed: debug, info, warn, error, fatal")]
    [InlineData("log_level: 1\n", "1: log_level: '1' is none of these; allowed:")]
    [InlineData("host: example.com\n", "1: host: 'example.com' is not valid; allowed: an IP address, localhost or *")]
    [InlineData("host: 1\n", "1: host: '1' is not valid; allowed:")]
    [InlineData("database: ''\n", "1: database: '' is not valid; allowed: any text that is not empty")]
    [InlineData("database: \"a\\0b\"\n", "1: database: 'a\0b' holds a control character; allowed:")]
    [InlineData("api_keys: abc\n", "1: api_keys: is not a list; allowed:")]
    [InlineData("api_keys:\n  - {scope: read}\n", "2: api_keys[0].key: is missing; allowed:")]
    [InlineData("api_keys:\n  - {key: a, scope: all}\n", "2: api_keys[0].scope: 'all' is none of these; allowed: admin, read, agent, operate")]
    [InlineData("api_keys:\n  - {key: a, name: n}\n  - {key: b, name: n}\n", "3: api_keys[1].name: 'n' is the name of an earlier key")]
    [InlineData("api_keys: ['sha256:abc']\n", "1: api_keys[0]: the value is not valid; allowed:")]
    [InlineData("server_key: 'sha256:zz'\n", "1: server_key: the value is not valid; allowed:")]
    [InlineData("api_keys:\n  - abc\n  - ''\n", "3: api_keys[1]: the value is not valid; allowed:")]
    [InlineData("server_key: \"secrét\"\n", "1: server_key: the value is not valid; allowed:")]
    [InlineData("whitelisted_ips:\n  - 10.0.0.0/8\n  - 10.0.0.0/33\n", "3: whitelisted_ips[1]: '10.0.0.0/33' is not valid; allowed: an IP address")]
    [InlineData("proxy_endpoints: [api]\n", "1: proxy_endpoints[0]: 'api' is not valid; allowed: a path that begins with /")]
    [InlineData("sticky_header: 'X Session'\n", "1: sticky_header: 'X Session' is not valid; allowed: a header name")]
    [InlineData("tier_field_name: ''\n", "1: tier_field_name: '' is not valid; allowed: any text that is not empty")]
    [InlineData("pool: Default\n", "1: pool: 'Default' is not valid; allowed: 1 to 64 lower-case letters")]
    [InlineData("tiers: small\n", "1: tiers: is not a list; allowed:")]
    [InlineData("tiers: [small]\n", "1: tiers[0]: is not a mapping; allowed:")]
    [InlineData("tiers:\n  - name: a\n    cpu: 1\n", "3: tiers[0].cpu: unknown key; did you mean 'vcpu'?")]
    [InlineData("tiers:\n  - name: a\n    bandwidth_limit: 1\n", "3: tiers[0].bandwidth_limit: unknown key; allowed: name, vcpu, memory_gb")]
    [InlineData("tiers:\n  - name: a\n    vcpu: 1.5\n", "3: tiers[0].vcpu: '1.5' is not a whole number; allowed: a whole number from 0 to 4096")]
    [InlineData("tiers:\n  - name: a\n    memory_gb: .inf\n", "3: tiers[0].memory_gb: '.inf' is not a number; allowed: a number from 0 to 1000000")]
    [InlineData("tiers:\n  - name: a\n    memory_gb: NaN\n", "3: tiers[0].memory_gb: 'NaN' is not a number; allowed:")]
    [InlineData("tiers:\n  - name: a\n    memory_gb: -1\n", "3: tiers[0].memory_gb: '-1' is out of range; allowed:")]
    [InlineData("tiers:\n  - vcpu: 1\n", "2: tiers[0].name: is missing; allowed:")]
    [InlineData("tiers:\n  - name: 'a b'\n", "2: tiers[0].name: 'a b' is not valid; allowed: 1 to 64 letters")]
    [InlineData("tiers:\n  - name: a\n  - vcpu: 2\n    name: a\n", "4: tiers[1].name: 'a' is the name of an earlier tier; each name is allowed once")]
    [InlineData("tiers:\n  - name: a\n    gpu_memory_gb: 16\n", "3: tiers[0].gpu_memory_gb: needs a GPU; set gpu to 1 or more")]
    [InlineData("- port: 80\n", "1: is not a mapping; allowed: lines such as \"port: value\"")]
    [InlineData("just text\n", "1: is not a mapping; allowed:")]
    [InlineData("port: 80\nhost: [1\n", "3: broken YAML:")]
    [InlineData("port: 80\n\thost: x\n", "2: broken YAML:")]
    [InlineData("port: 80\ntiers: [{name: a, memory\n_gb: 1}]\n", "2: broken YAML: it cannot be read behind this place")]
    [InlineData("port: 80\nhost: *none\n", "2: broken YAML: the alias *none has no anchor before it")]
    [InlineData("port: 80\n---\nport: 81\n", "2: broken YAML: a second document begins here; only one is allowed")]
    [InlineData("[a, b]: 80\n", "1: broken YAML: a key must be plain text")]
    [InlineData("port: 80\n<<: 5\n", "2: broken YAML: << takes a mapping or a list of mappings")]
    [InlineData("a: &a [*a]\n", "1: broken YAML: the alias *a has no anchor before it")]
    [InlineData("port: 9901\n", "1: port: port and admin_port are both 9901; choose two ports, or admin_port: 0")]
    [InlineData("host: 10.0.0.1\nport: 80\nadmin_host: 0.0.0.0\nadmin_port: 80\n", "4: admin_port: port and admin_port are both 80")]
    [InlineData("cluster: localhost\nsilo_port: 30000\n", "2: silo_port: silo_port and silo_gateway_port are both 30000; choose two ports")]
    [InlineData("tls_cert_file: ''\ntls_key_file: a.pem\n", "2: tls_key_file: tls_cert_file and tls_key_file go together")]
    [InlineData("geoip_db_path: none.mmdb\n", "1: geoip_db_path: 'none.mmdb' cannot be read")]
    [InlineData("port: 80\nenable_cors: true\n", "2: enable_cors: needs cors_allowed_origins; list the origins, or [\"*\"] for all")]
    [InlineData("cors_allowed_origins: [\"https://a.example/path\"]\n", "1: cors_allowed_origins[0]: 'https://a.example/path' is not valid; allowed:")]
    [InlineData("cluster: postgres\n", "1: cluster: cluster: postgres needs cluster_connection; write it like 'Host=db1;")]
    [InlineData("cluster_connection: Host=db\n", "1: cluster_connection: only cluster: postgres has it; set cluster: postgres, or remove the key")]
    [InlineData("admin_host: 0.0.0.0\n", "1: admin_host: '0.0.0.0' can be reached from elsewhere, and the admin listener shows everything; set server_key")]
    [InlineData("allowed_backend_networks: [10.0.0.0/33]\n", "1: allowed_backend_networks[0]: '10.0.0.0/33' is not valid; allowed:")]
    [InlineData("pool: a\npools: [b, c]\n", "2: pools: does not name pool: a, where hosts without a pool are and sessions are kept; add it, or set pool")]
    [InlineData("pool: a\npools: [b, a, b]\n", "2: pools: names 'b' twice; name each pool once")]
    [InlineData("pools: [default, 'a/b']\n", "1: pools[1]: 'a/b' is not valid; allowed:")]
    [InlineData("advertised_ip: 10.0.0.1\n", "1: advertised_ip: only cluster: postgres has it")]
    [InlineData(
        "cluster: postgres\ncluster_connection: Host=db\ncluster_tls_cert_file: /dev/null\n",
        "3: cluster_tls_cert_file: cluster_tls_cert_file, cluster_tls_key_file and cluster_tls_ca_file go together")]
    [InlineData("stats_retention_hours: -1\n", "1: stats_retention_hours: '-1' is out of range; allowed: a whole number from 0 to 87600")]
    public void Load_ServerFileWithAnError_NamesLineKeyAndWhatIsAllowed(string yaml, string expected)
    {
        using var file = new ConfigurationFile(yaml);

        var result = file.LoadServer();

        Assert.Equal(ConfigurationOutcome.Invalid, result.Outcome);
        Assert.Null(result.Options);
        Assert.Contains(result.Errors, error => error.ToString().StartsWith($"{file.Path}:{expected}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("server_url: lb.example.com:8080\n", "1: server_url: 'lb.example.com:8080' is not valid; allowed: an absolute http or https URL")]
    [InlineData("server_url: ftp://lb\n", "1: server_url: 'ftp://lb' is not valid; allowed:")]
    [InlineData("endpoint_url: '/x'\n", "1: endpoint_url: '/x' is not valid; allowed:")]
    [InlineData("endpoints:\n  - url: http://a\n    paths: api\n", "3: endpoints[0].paths: is not a list")]
    [InlineData("endpoints:\n  - url: http://a\n    paths:\n      - /x\n      - api\n", "5: endpoints[0].paths[1]: 'api' is not valid; allowed:")]
    [InlineData("endpoints:\n  - paths: [/x]\n", "2: endpoints[0].url: is missing; allowed:")]
    [InlineData("endpoints:\n  - url: backend\n", "2: endpoints[0].url: 'backend' is not valid; allowed:")]
    [InlineData("window_minutes: 0.04\n", "1: window_minutes: '0.04' is out of range; allowed: a number from 0.05 to 1440")]
    [InlineData("report_interval_seconds: 0\n", "1: report_interval_seconds: '0' is out of range; allowed: a whole number from 1 to 3600")]
    [InlineData("cores: 3-1\n", "1: cores: '3-1' is not valid; allowed: core numbers up to 8191 and ranges such as 0-3,8")]
    [InlineData("frobnication: true\n", "1: frobnication: unknown key; deploy/client.defaults.yml lists every key")]
    [InlineData("report_change_pct: 101\n", "1: report_change_pct: ")]
    [InlineData("agent_check_port: 70000\n", "1: agent_check_port: ")]
    public void Load_ClientFileWithAnError_NamesLineKeyAndWhatIsAllowed(string yaml, string expected)
    {
        using var file = new ConfigurationFile(yaml);

        var result = file.LoadClient();

        Assert.Contains(result.Errors, error => error.ToString().StartsWith($"{file.Path}:{expected}", StringComparison.Ordinal));
    }

    [Fact]
    public void Load_SeveralErrors_ReportsAllInOrder()
    {
        using var file = new ConfigurationFile("port: x\nhots: y\ntiers:\n  - name: a\n    vcpu: -1\n    gpu: 65\n  - name: ''\n");

        var errors = file.LoadServer().Errors;

        Assert.Equal(
            [(1, "port"), (2, "hots"), (5, "tiers[0].vcpu"), (6, "tiers[0].gpu"), (7, "tiers[1].name")],
            errors.Select(error => (error.Line!.Value, error.Key)));
    }

    [Fact]
    public void Load_KeyWithAnErrorOfItsOwn_IsLeftOutOfTheRulesBetweenKeys()
    {
        using var file = new ConfigurationFile("enable_cors: true\ncors_allowed_origins: [nonsense]\n");

        Assert.Equal("cors_allowed_origins[0]", Assert.Single(file.LoadServer().Errors).Key);
    }

    [Fact]
    public void Load_UnreadableTlsFiles_NamesBothKeys()
    {
        using var file = new ConfigurationFile("tls_cert_file: no.crt\ntls_key_file: no.key\n");

        Assert.Equal(["tls_cert_file", "tls_key_file"], file.LoadServer().Errors.Select(error => error.Key));
    }

    [Fact]
    public void Load_ReadableFiles_AreAccepted()
    {
        using var file = new ConfigurationFile("");
        var (certificate, key, places) = (file.Beside("a.crt"), file.Beside("a.key"), file.Beside("a.mmdb"));
        File.WriteAllText(file.Path, $"tls_cert_file: {certificate}\ntls_key_file: {key}\ngeoip_db_path: {places}\n");

        Assert.Empty(file.LoadServer().Errors);
    }

    [Theory]
    [InlineData("no/such/file.yml")]
    [InlineData(".")]
    public void Load_FileThatCannotBeRead_IsAnError(string path)
    {
        var result = ServerConfiguration.Load("opsen-gateway", ["-config", path], ConfigurationFile.NoVariables);

        Assert.StartsWith($"{path}: cannot be read: ", Assert.Single(result.Errors).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FileThatIsNoConfiguration_IsNotReadWhole()
    {
        using var file = new ConfigurationFile(new string('#', (1 << 20) + 1));

        Assert.Contains("allowed: at most 1048576", Assert.Single(file.LoadServer().Errors).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_DeeplyNestedYaml_IsAnErrorAndNoStackOverflow()
    {
        using var file = new ConfigurationFile($"tiers: {new string('[', 100_000)}");

        Assert.Equal(1, Assert.Single(file.LoadServer().Errors).Line);
    }
}
