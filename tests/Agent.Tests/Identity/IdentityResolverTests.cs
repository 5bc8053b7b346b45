using Opsen.Agent.Identity;

namespace Opsen.Agent.Tests.Identity;

public sealed class IdentityResolverTests : IDisposable
{
    private static readonly Uri Endpoint = new("http://backend:8000");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Resolve_Configured_WinsAndWritesNothing()
    {
        var identity = Resolver().Resolve("mine");
        Assert.Equal(("mine", IdentityOrigin.Configured), (identity.Id, identity.Origin));
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void Resolve_Twice_IsTheSame()
    {
        var first = Resolver("m").Resolve("");
        var second = Resolver("m").Resolve("");
        Assert.Equal(IdentityOrigin.Minted, first.Origin);
        Assert.Equal((first.Id, IdentityOrigin.Stored), (second.Id, second.Origin));
        Assert.True(Guid.TryParse(first.Id, out _));
    }

    [Fact]
    public void Resolve_OtherEndpointSameDirectory_IsAnother()
    {
        var first = Resolver().Resolve("");
        var second = new IdentityResolver([_directory.Path], new Uri("http://backend:9000"), null).Resolve("");
        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(first.Id, Resolver().Resolve("").Id);
    }

    [Fact]
    public void Resolve_CopiedMachine_MintsAnotherAndKeepsIt()
    {
        var original = Resolver("machine-a").Resolve("");
        var clone = Resolver("machine-b").Resolve("");
        Assert.Equal(IdentityOrigin.MintedForClone, clone.Origin);
        Assert.NotEqual(original.Id, clone.Id);
        Assert.Equal(clone.Id, Resolver("machine-b").Resolve("").Id);
    }

    [Fact]
    public void Resolve_MachineUnknown_KeepsTheId()
    {
        var first = Resolver("machine-a").Resolve("");
        Assert.Equal(first.Id, Resolver(null).Resolve("").Id);
    }

    [Fact]
    public void Resolve_MachineGetsItsIdLater_KeepsTheIdAndKnowsClonesFromThenOn()
    {
        var first = Resolver(null).Resolve("");
        Assert.Equal(first.Id, Resolver("machine-a").Resolve("").Id);
        Assert.Equal(first.Id, Resolver("machine-a").Resolve("").Id);
        Assert.Equal(IdentityOrigin.MintedForClone, Resolver("machine-b").Resolve("").Origin);
    }

    [Fact]
    public void Resolve_NoDirectoryCanBeWritten_IsEphemeralAndTellsWhy()
    {
        var file = _directory.Write("file", "");
        var identity = new IdentityResolver([Path.Join(file, "state")], Endpoint, null).Resolve("");
        Assert.Equal(IdentityOrigin.Ephemeral, identity.Origin);
        Assert.Null(identity.Path);
        Assert.NotEmpty(identity.Problems);
        Assert.True(Guid.TryParse(identity.Id, out _));
    }

    [Fact]
    public void Resolve_FirstDirectoryCannotBeWritten_UsesTheSecond()
    {
        var file = _directory.Write("file", "");
        string[] directories = [Path.Join(file, "state"), _directory.File("second")];
        var first = new IdentityResolver(directories, Endpoint, null).Resolve("");
        Assert.Equal(IdentityOrigin.Minted, first.Origin);
        Assert.StartsWith(_directory.File("second"), first.Path, StringComparison.Ordinal);
        Assert.Equal(first.Id, new IdentityResolver(directories, Endpoint, null).Resolve("").Id);
    }

    [Fact]
    public void Resolve_FileBroken_ReplacesIt()
    {
        _ = _directory.Write(IdentityFile.NameFor(Endpoint), "garbage");
        var identity = Resolver().Resolve("");
        Assert.Equal(IdentityOrigin.Minted, identity.Origin);
        Assert.Contains("cannot be used", Assert.Single(identity.Problems), StringComparison.Ordinal);
        Assert.Equal(identity.Id, Resolver().Resolve("").Id);
    }

    [Fact]
    public async Task Resolve_ManyAtOnce_AgreeOnOne()
    {
        const int Rounds = 50;
        using var start = new Barrier(8);
        var agents = await Task.WhenAll(Enumerable.Range(0, start.ParticipantCount).Select(_ => Task.Factory.StartNew(
            () =>
            {
                var ids = new string[Rounds];
                for (var round = 0; round < Rounds; round++)
                {
                    start.SignalAndWait();
                    ids[round] = new IdentityResolver([Path.Join(_directory.Path, $"{round}")], Endpoint, machine: null).Resolve("").Id;
                }

                return ids;
            },
            TaskCreationOptions.LongRunning)));
        Assert.All(agents, ids => Assert.Equal(agents[0], ids));
    }

    private IdentityResolver Resolver(string? machine = null) => new([_directory.Path], Endpoint, machine);
}
