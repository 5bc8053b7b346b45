using Opsen.Agent.Sensors.Linux;

namespace Opsen.Agent.Tests.Sensors.Linux;

public sealed class HostPathsTests
{
    [Fact]
    public void Find_VariablesSet_UsesThem()
    {
        var variables = new Dictionary<string, string> { ["HOST_PROC"] = "/a/proc", ["HOST_ROOT"] = "/a/host" };
        var paths = HostPaths.Find(variables.GetValueOrDefault);
        Assert.Equal(new HostPaths("/a/proc", "/a/host", "/a/host/etc"), paths);
        Assert.Equal("/a/host/data", paths.OnHost("/data"));
    }

    [Fact]
    public void Find_EtcSet_WinsOverRoot() =>
        Assert.Equal("/b/etc", HostPaths.Find(new Dictionary<string, string> { ["HOST_ETC"] = "/b/etc" }.GetValueOrDefault).Etc);

    [Fact]
    public void Find_ContainerWithoutMounts_KnowsNoEtc()
    {
        Assert.SkipWhen(Directory.Exists("/host/root"), "the host's root is mounted here");
        Assert.Null(HostPaths.Find(new Dictionary<string, string> { ["KUBERNETES_SERVICE_HOST"] = "10.0.0.1" }.GetValueOrDefault).Etc);
    }

    [Fact]
    public void OnHost_Links_StayInTheHostsTree()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "makes links");
        using var root = new TemporaryDirectory();
        _ = Directory.CreateDirectory(root.File("mnt", "disk", "deep"));
        _ = Directory.CreateSymbolicLink(root.File("data"), "/mnt/disk");
        _ = Directory.CreateSymbolicLink(root.File("mnt", "disk", "up"), "../../../../mnt");
        _ = Directory.CreateSymbolicLink(root.File("loop"), "/loop");
        var paths = new HostPaths("/proc", root.Path, null);
        Assert.Equal(root.File("mnt", "disk", "deep"), paths.OnHost("/data/deep"));
        Assert.Equal(root.File("mnt"), paths.OnHost("/data/up"));
        Assert.Equal(root.File("mnt"), paths.OnHost("../../data/../../mnt"));
        Assert.StartsWith(root.Path, paths.OnHost("/loop"), StringComparison.Ordinal);
    }

    [Fact]
    public void OnHost_HostItself_ChangesNothing() => Assert.Equal("/data", new HostPaths("/proc", "/", "/etc").OnHost("/data"));
}
