using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Opsen.Examples.Quickstart.Processes;
using Opsen.System.Tests.Harness;

namespace Opsen.System.Tests.Startup;

/// <summary>deploy/install.sh with an archive of stand-ins, below a root of its own.</summary>
public sealed class InstallTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Tool _bash = Tool.Require("bash", "bash");

    private string Root => _folder.File("root");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Install_TwiceWithAChangedConfiguration_InstallsAndKeepsIt()
    {
        var (exitCode, output, errors) = await InstallAsync(await PackAsync("1.0"));

        Assert.True(exitCode == 0, errors);
        Assert.Contains("systemctl enable --now opsen-gateway opsen-silo opsen-agent", output, StringComparison.Ordinal);
        Assert.Equal("gateway 1.0", await ReadAsync("usr/local/bin/opsen-gateway"));
        Assert.Equal("gateway 1.0", await ReadAsync("usr/local/bin/opsen-server"));
        Assert.Equal("agent 1.0", await ReadAsync("usr/local/bin/opsen-client"));
        Assert.Equal("unit of silo", await ReadAsync("etc/systemd/system/opsen-silo.service"));
        Assert.Equal("# server", await ReadAsync("etc/opsen/server.yml"));
        Assert.Equal("600", (await Tool.Require("coreutils", "stat").RunAsync("-c", "%a", Path.Combine(Root, "etc/opsen/server.yml"))).Trim());
        await File.WriteAllTextAsync(Path.Combine(Root, "etc/opsen/server.yml"), "port: 1", TestContext.Current.CancellationToken);

        (exitCode, _, errors) = await InstallAsync(await PackAsync("1.1"), "-r", "gateway");

        Assert.True(exitCode == 0, errors);
        Assert.Equal("gateway 1.1", await ReadAsync("usr/local/bin/opsen-gateway"));
        Assert.Equal("agent 1.0", await ReadAsync("usr/local/bin/opsen-agent"));
        Assert.Equal("port: 1", await ReadAsync("etc/opsen/server.yml"));
    }

    [Fact]
    public async Task Install_ArchiveThatIsNotTheOneOfTheSums_InstallsNothing()
    {
        var archive = await PackAsync("1.0");
        await File.AppendAllTextAsync(archive, "x", TestContext.Current.CancellationToken);

        var (exitCode, _, errors) = await InstallAsync(archive);

        Assert.Equal(1, exitCode);
        Assert.Contains("its sum differs", errors, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Root));
    }

    [Theory]
    [InlineData("opsen-1.0-win-x64.zip", "is not for this machine")]
    [InlineData(null, "is none of gateway, silo, agent", "-r", "server")]
    [InlineData("", "usage:")]
    public async Task Install_UsedWrongly_SaysWhatIsRight(string? file, string why, params string[] flags)
    {
        var archive = await PackAsync("1.0");
        if (file is { Length: > 0 })
        {
            var other = _folder.File(file);
            File.Copy(archive, other);
            archive = other;
        }

        var (exitCode, _, errors) = await InstallAsync(file == "" ? null : archive, flags);

        Assert.Equal(1, exitCode);
        Assert.Contains(why, errors, StringComparison.Ordinal);
    }

    private async Task<string> PackAsync(string version)
    {
        var runtime = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64";
        var name = $"opsen-{version}-{runtime}";
        var folder = Directory.CreateDirectory(_folder.File(name)).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "systemd"));
        foreach (var program in (string[])["gateway", "silo", "agent"])
        {
            await File.WriteAllTextAsync(Path.Combine(folder, $"opsen-{program}"), $"{program} {version}");
            await File.WriteAllTextAsync(Path.Combine(folder, "systemd", $"opsen-{program}.service"), $"unit of {program}");
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "server.example.yml"), "# server");
        await File.WriteAllTextAsync(Path.Combine(folder, "client.example.yml"), "# client");
        var archive = $"{folder}.tar.gz";
        await Tool.Require("tar", "tar").RunAsync("-C", Path.GetDirectoryName(folder)!, "-czf", archive, name);
        await File.AppendAllTextAsync(
            _folder.File("SHA256SUMS"), $"{Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(archive)))}  {Path.GetFileName(archive)}\n");
        return archive;
    }

    private Task<(int ExitCode, string Output, string Errors)> InstallAsync(string? archive, params string[] flags)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The script installs on Linux.");
        var script = Path.Combine(BuildOutput.RepositoryRoot, "deploy", "install.sh");
        return _bash.RunWithInputAsync(
            "", ["-c", "export DESTDIR=$0; exec bash \"$@\"", Root, script, .. flags, .. archive is null ? Array.Empty<string>() : [archive]]);
    }

    private Task<string> ReadAsync(string path) => File.ReadAllTextAsync(Path.Combine(Root, path), TestContext.Current.CancellationToken);
}
