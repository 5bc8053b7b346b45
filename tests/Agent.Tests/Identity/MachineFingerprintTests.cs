using Opsen.Agent.Identity;
using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Tests.Identity;

public sealed class MachineFingerprintTests
{
    [Fact]
    public void Read_MachineId_IsStableAndHidesIt()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /etc/machine-id");
        using var etc = new TemporaryDirectory();
        _ = etc.Write("machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
        var paths = new HostPaths("/proc", "/", etc.Path);
        var fingerprint = MachineFingerprint.Read(paths);
        Assert.Equal(64, fingerprint!.Length);
        Assert.DoesNotContain("3d1219c7", fingerprint, StringComparison.Ordinal);
        Assert.Equal(fingerprint, MachineFingerprint.Read(paths));
        _ = etc.Write("machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda5\n");
        Assert.NotEqual(fingerprint, MachineFingerprint.Read(paths));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("uninitialized\n")]
    public void Read_EmptyMachineId_IsUnknown(string content)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /etc/machine-id");
        using var etc = new TemporaryDirectory();
        _ = etc.Write("machine-id", content);
        Assert.Null(MachineFingerprint.Read(new HostPaths("/proc", "/", etc.Path)));
    }

    [Fact]
    public void Read_LinkUnderHostRoot_IsFollowedThere()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /etc/machine-id");
        using var root = new TemporaryDirectory();
        _ = root.Write("var/lib/dbus/machine-id", "3d1219c7c4c5404aaa1f6d2a48adfda4\n");
        _ = Directory.CreateDirectory(root.File("etc"));
        _ = File.CreateSymbolicLink(root.File("etc", "machine-id"), "/var/lib/dbus/machine-id");
        Assert.Equal(
            MachineFingerprint.Read(new HostPaths("/proc", "/", root.File("var", "lib", "dbus"))),
            MachineFingerprint.Read(new HostPaths("/proc", root.Path, root.File("etc"))));
    }

    [Fact]
    public void Read_NoEtc_IsUnknown()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "reads /etc/machine-id");
        Assert.Null(MachineFingerprint.Read(new HostPaths("/proc", "/", null)));
    }
}
