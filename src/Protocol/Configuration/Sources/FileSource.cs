using Opsen.Protocol.Configuration.Values;
using Opsen.Protocol.Configuration.Yaml;

namespace Opsen.Protocol.Configuration.Sources;

/// <summary>The YAML file.</summary>
internal static class FileSource
{
    // Far above any real file; keeps a path that names something else, such as a database, from being read whole.
    private const int MaxBytes = 1 << 20;

    /// <summary>Sets the options that a file names, and reports everything that is wrong in it.</summary>
    public static void Apply<TOptions>(
        ConfigurationDefinition<TOptions> definition, string path, TOptions options, IDictionary<string, Origin> origins, ErrorCollector errors)
        where TOptions : class
    {
        if (ReadText(path, errors) is not { } text)
        {
            return;
        }

        switch (YamlReader.Read(text, path, hasLines: true, errors))
        {
            case MappingNode mapping:
                foreach (var (key, origin) in definition.Keys.Apply(mapping, options, new ReadContext("", errors)))
                {
                    origins[key] = origin;
                }

                break;
            case ScalarNode { Form: ScalarForm.Null } or null:
                break;
            case var other:
                errors.Add(other.Origin, "", $"is not a mapping; allowed: lines such as \"{definition.Keys.Names.First()}: value\"");
                break;
        }
    }

    private static string? ReadText(string path, ErrorCollector errors)
    {
        try
        {
            using var stream = File.OpenRead(path);
            if (stream.CanSeek && stream.Length > MaxBytes)
            {
                errors.Add(new Origin(path), "", $"has {stream.Length} bytes; allowed: at most {MaxBytes}");
                return null;
            }

            using var reader = new StreamReader(stream);
            return reader.ReadToEnd();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            errors.Add(new Origin(path), "", $"cannot be read: {exception.Message}");
            return null;
        }
    }
}
