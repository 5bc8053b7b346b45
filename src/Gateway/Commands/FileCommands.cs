using System.Text.Json;
using Opsen.Gateway.Operator;
using Opsen.Hosting.Storage.Sqlite;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Commands;

/// <summary>Commands that work on files: config check, config show, backup.</summary>
internal static class FileCommands
{
    /// <summary><c>config check</c>: errors have ended the program before.</summary>
    public static void Check(ConfigurationResult<ServerOptions> configuration, TextWriter output)
    {
        foreach (var warning in configuration.Warnings)
        {
            output.WriteLine($"warning: {warning}");
        }

        output.WriteLine(configuration.Warnings.Count == 0 ? "The configuration is good." : "The configuration is good, but for the warnings above.");
    }

    /// <summary><c>config show [-all] [-json]</c>: what differs from the defaults, or everything, and where each value came from.</summary>
    public static void Show(OperatorCommand command, ConfigurationResult<ServerOptions> configuration, TextWriter output)
    {
        var settings = configuration.Settings.Where(setting => command.AsJson || command.Flags.ContainsKey("all") || setting.Source != "default").ToList();
        if (command.AsJson)
        {
            output.WriteLine(JsonSerializer.Serialize(settings, OperatorJsonContext.Default.ListConfigurationSetting));
            return;
        }

        foreach (var setting in settings)
        {
            output.WriteLine($"{setting.Key}: {setting.Value} # {setting.Source}");
        }

        if (!command.Flags.ContainsKey("all"))
        {
            output.WriteLine($"# {configuration.Settings.Count - settings.Count} other keys have their defaults; -all shows them");
        }
    }

    /// <summary><c>backup FILE</c>: a copy of the database, while the gateway runs.</summary>
    public static void Backup(OperatorCommand command, ServerOptions options, TextWriter output)
    {
        if (command.Operands.Count != 1)
        {
            throw new CommandException("backup wants the file to write", OperatorCommand.UsageExitCode);
        }

        var target = Path.GetFullPath(command.Operands[0]);
        if (options.Cluster == ClusterMode.Postgres)
        {
            throw new CommandException("the cluster's data is in PostgreSQL; use its own tools, such as pg_dump");
        }

        if (!File.Exists(options.Database))
        {
            throw new CommandException($"there is no database '{options.Database}' (database)");
        }

        if (File.Exists(target))
        {
            throw new CommandException($"'{target}' exists; name another file, or remove it");
        }

        var partial = target + ".partial";
        try
        {
            File.Delete(partial);
            SqliteBackup.Copy(options.Database, partial);
            File.Move(partial, target);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw new CommandException($"the database could not be copied: {error.Message}");
        }

        output.WriteLine($"{target}: {new FileInfo(target).Length} bytes, checked. To restore: stop the gateway, put the file in place of {options.Database}, "
            + "remove the files beside it that end with -wal and -shm, start it.");
    }
}
