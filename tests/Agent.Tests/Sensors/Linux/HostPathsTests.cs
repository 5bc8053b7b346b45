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
    public void OnHost_HostItself_ChangesNothing() => Assert.Equal("/data", new HostPaths("/proc", "/", "/etc").OnHost("/data"));
}
