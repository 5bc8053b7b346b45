using System.Reflection;
using System.Text.Json;
using Opsen.Protocol.Configuration;
using Opsen.Protocol.Configuration.Keys;
using Opsen.Protocol.Configuration.Values;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Tests.Configuration;

/// <summary>What must hold for every key, so that a key added later is held to it as well.</summary>
public sealed class KeyTableTests
{
    private static readonly string[] NeverScalars = ["{a: b}", "[[1]]"];
    private static readonly string[] NeverNumbers = [.. NeverScalars, "abc", "true", "\"5\"", "", "~", "99999999999999999999", "-99999999999999999999", ".nan"];
    private static readonly string[] NeverBooleans = [.. NeverScalars, "abc", "1", "\"true\"", "", "~"];
    private static readonly string[] NeverChoices = [.. NeverScalars, "abc", "1", "", "~"];

    public static IEnumerable<TheoryDataRow<string, string>> WrongServerValues => WrongValues(ServerConfiguration.Definition.Keys);

    public static IEnumerable<TheoryDataRow<string, string>> WrongClientValues => WrongValues(AgentConfiguration.Definition.Keys);

    [Theory]
    [MemberData(nameof(WrongServerValues))]
    public void Load_ServerKeyWithAWrongValue_IsRefusedWithItsLine(string key, string value)
    {
        using var file = new ConfigurationFile($"# a comment\n\n{key}: {value}\n");
        AssertRefused(file.LoadServer().Errors, file.Path, key);
    }

    [Theory]
    [MemberData(nameof(WrongClientValues))]
    public void Load_ClientKeyWithAWrongValue_IsRefusedWithItsLine(string key, string value)
    {
        using var file = new ConfigurationFile($"# a comment\n\n{key}: {value}\n");
        AssertRefused(file.LoadClient().Errors, file.Path, key);
    }

    [Fact]
    public void Table_OfTheServer_HasAKeyForEveryOption() => AssertKeysMatchOptions(ServerConfiguration.Definition.Keys);

    [Fact]
    public void Table_OfTheClient_HasAKeyForEveryOption() => AssertKeysMatchOptions(AgentConfiguration.Definition.Keys);

    [Fact]
    public void Definition_RowsAndRules_NameExistingKeys()
    {
        var server = ServerConfiguration.Definition;
        var client = AgentConfiguration.Definition;

        Assert.Empty(server.NotInEffect.Select(row => row.Key).Concat(server.Rules.SelectMany(rule => rule.Keys)).Except(server.Keys.Names));
        Assert.Empty(client.NotInEffect.Select(row => row.Key).Concat(client.Rules.SelectMany(rule => rule.Keys)).Except(client.Keys.Names));
    }

    [Fact]
    public void Show_OfEveryServerKey_IsReadBackAsTheSameValue() => AssertShownIsReadBack(ServerConfiguration.Definition.Keys);

    [Fact]
    public void Show_OfEveryClientKey_IsReadBackAsTheSameValue() => AssertShownIsReadBack(AgentConfiguration.Definition.Keys);

    [Theory]
    [InlineData("server_key", "server_key: s3cr3t-value\n")]
    [InlineData("cluster_connection", "cluster_connection: Host=db1;Username=opsen;Password=s3cr3t-value;Database=opsen\ncluster: postgres\n")]
    [InlineData("api_keys", "api_keys: [{key: s3cr3t-value, name: x, scope: read}]\n")]
    public void Show_OfASecret_HidesIt(string key, string lines)
    {
        using var file = new ConfigurationFile(lines);

        var setting = Assert.Single(file.LoadServer().Settings, setting => setting.Key == key);

        Assert.DoesNotContain("s3cr3t-value", setting.Value, StringComparison.Ordinal);
        Assert.Equal($"{file.Path}:1", setting.Source);
    }

    private static IEnumerable<TheoryDataRow<string, string>> WrongValues<TOptions>(KeyTable<TOptions> keys)
        where TOptions : class =>
        from key in keys.Names
        from value in WrongValuesOf(PropertyOf<TOptions>(key).PropertyType)
        select new TheoryDataRow<string, string>(key, value);

    private static string[] WrongValuesOf(Type type) =>
        type == typeof(bool) ? NeverBooleans
        : type.IsEnum ? NeverChoices
        : type.IsPrimitive ? NeverNumbers
        : type == typeof(string) ? NeverScalars
        : [.. NeverScalars, "abc"];

    private static PropertyInfo PropertyOf<TOptions>(string key) =>
        typeof(TOptions).GetProperties().Single(property => KeyOf(property) == key);

    private static string KeyOf(PropertyInfo property) => JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);

    private static void AssertRefused(IReadOnlyList<ConfigurationError> errors, string path, string key)
    {
        var error = errors[0];
        Assert.StartsWith($"{path}:3: {key}", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("allowed: ", error.Message, StringComparison.Ordinal);
        Assert.All(errors, one => Assert.StartsWith(key, one.Key, StringComparison.Ordinal));
    }

    // Changes one option after the other and looks that just the key of that name sees it.
    private static void AssertKeysMatchOptions<TOptions>(KeyTable<TOptions> keys)
        where TOptions : class, new()
    {
        var properties = typeof(TOptions).GetProperties().Where(property => property.Name != nameof(ServerOptions.ExplicitKeys)).ToList();
        Assert.Equal(properties.Select(KeyOf).Order(), keys.Names.Order());
        foreach (var property in properties)
        {
            var options = new TOptions();
            property.SetValue(options, Another(property.GetValue(options)!));

            Assert.Equal([KeyOf(property)], keys.Where(key => !key.Same(options, new TOptions())).Select(key => key.Name));
        }
    }

    // Values that the rules or the files of this machine would refuse are shown all the same, so only those that can be read are compared.
    private static void AssertShownIsReadBack<TOptions>(KeyTable<TOptions> keys)
        where TOptions : class, new()
    {
        var compared = 0;
        foreach (var property in typeof(TOptions).GetProperties().Where(property => property.Name != nameof(ServerOptions.ExplicitKeys)))
        {
            var options = new TOptions();
            property.SetValue(options, Another(property.GetValue(options)!));
            foreach (var shown in (TOptions[])[new TOptions(), options])
            {
                var (key, errors, read) = (keys[KeyOf(property)], new ErrorCollector(), new TOptions());
                var node = YamlReader.Read(key.Show(shown), "shown", hasLines: false, errors);
                Assert.Empty(errors.Errors);
                key.Apply(node!, read, new ReadContext(key.Name, errors));
                if (errors.Errors.Count == 0 && !key.Show(shown).Contains("(hidden)", StringComparison.Ordinal))
                {
                    compared++;
                    Assert.True(key.Same(shown, read), $"{key.Name}: {key.Show(shown)}");
                }
            }
        }

        Assert.InRange(compared, keys.Names.Count(), int.MaxValue);
    }

    private static object Another(object value) => value switch
    {
        bool boolean => !boolean,
        int number => number + 1,
        long number => number + 1,
        double number => number + 1,
        string text => $"{text}x",
        Enum choice => Enum.ToObject(choice.GetType(), Convert.ToInt32(choice, null) + 1),
        IReadOnlyList<TierOptions> => new TierOptions[] { new() { Name = "a b", Vcpu = 2, MemoryGb = 0.5, StorageGb = 1, Gpu = 1, GpuMemoryGb = 16 } },
        IReadOnlyList<EndpointOptions> => new[] { new EndpointOptions { Url = "http://a" } },
        IReadOnlyList<string> => new[] { "a" },
        IReadOnlyList<CertificateOptions> => new CertificateOptions[] { new("a", "b") },
        IReadOnlyList<ApiKeyOptions> => new ApiKeyOptions[] { new("a") },
        IReadOnlyList<TenantOptions> => new TenantOptions[] { new("a b", 2.5, 1) },
        _ => throw new ArgumentOutOfRangeException(nameof(value), value, "no other value known"),
    };
}
