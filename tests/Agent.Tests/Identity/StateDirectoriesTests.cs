using Opsen.Agent.Identity;

namespace Opsen.Agent.Tests.Identity;

public sealed class StateDirectoriesTests
{
    [Fact]
    public void Candidates_Configured_IsTheOnlyOne() =>
        Assert.Equal(["/srv/state"], StateDirectories.Candidates("/srv/state", Variables(("STATE_DIRECTORY", "/var/lib/x"))));

    [Fact]
    public void Candidates_UnderSystemd_IsTheFirstOfTheService() =>
        Assert.Equal(["/var/lib/x"], StateDirectories.Candidates("", Variables(("STATE_DIRECTORY", "/var/lib/x:/var/lib/y"))));

    [Fact]
    public void Candidates_OfAUser_PrefersTheSystem()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "places of Linux");
        Assert.Equal(["/var/lib/opsen-agent", "/home/u/s/opsen-agent"], StateDirectories.Candidates("", Variables(("XDG_STATE_HOME", "/home/u/s"))));
        Assert.EndsWith("/.local/state/opsen-agent", StateDirectories.Candidates("", Variables())[1], StringComparison.Ordinal);
    }

    private static Func<string, string?> Variables(params (string Name, string Value)[] variables) =>
        name => variables.Where(variable => variable.Name == name).Select(variable => variable.Value).FirstOrDefault();
}
