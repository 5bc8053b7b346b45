using Mono.Cecil;

namespace Opsen.Architecture.Tests;

/// <summary>References run one way: between projects, and between the folders of a project.</summary>
public sealed class DirectionTests
{
    [Theory]
    [InlineData("Opsen.Protocol", "Opsen.Protocol")]
    [InlineData("Opsen.Grains.Interfaces", "Opsen.Grains.Interfaces")]
    [InlineData("Opsen.Grains", "Opsen.Grains")]
    [InlineData("Opsen.Hosting", "Opsen.Hosting")]
    [InlineData("opsen-silo", "Opsen.Silo")]
    [InlineData("opsen-gateway", "Opsen.Gateway")]
    [InlineData("opsen-agent", "Opsen.Agent")]
    public void Folders_OfAnAssembly_DoNotUseEachOtherInACircle(string name, string root)
    {
        var uses = Code.UsesBetweenFolders(Find(name), root);
        Assert.NotEmpty(Code.TypesOf(Find(name)));
        var open = uses.Keys.ToHashSet(StringComparer.Ordinal);
        while (open.RemoveWhere(folder => !uses[folder].Overlaps(open)) > 0)
        {
        }

        // What is left is in a circle, or uses one.
        Assert.Equal([], open.Select(folder => $"{folder} uses {string.Join(", ", uses[folder].Where(open.Contains))}"));
    }

    [Theory]
    [InlineData("Opsen.Protocol", "Opsen.Grains.Interfaces", "Opsen.Grains", "Opsen.Hosting", "opsen-silo", "opsen-gateway", "opsen-agent", "Orleans.Core.Abstractions")]
    [InlineData("Opsen.Grains.Interfaces", "Opsen.Grains", "Opsen.Hosting", "opsen-silo", "opsen-gateway", "opsen-agent")]
    [InlineData("Opsen.Grains", "Opsen.Hosting", "opsen-silo", "opsen-gateway", "opsen-agent", "Microsoft.AspNetCore.Http.Abstractions", "Microsoft.Data.Sqlite")]
    [InlineData("Opsen.Hosting", "opsen-silo", "opsen-gateway", "opsen-agent", "Yarp.ReverseProxy")]
    [InlineData("opsen-silo", "opsen-gateway", "opsen-agent", "Yarp.ReverseProxy", "Microsoft.Data.Sqlite")]
    [InlineData("opsen-gateway", "opsen-silo", "opsen-agent", "Microsoft.Data.Sqlite")]
    [InlineData("opsen-agent", "Opsen.Grains.Interfaces", "Opsen.Grains", "opsen-silo", "opsen-gateway", "Orleans.Core.Abstractions")]
    public void Assembly_DoesNotKnowThoseAboveIt(string name, params string[] above) =>
        Assert.Empty(Find(name).MainModule.AssemblyReferences.Select(static reference => reference.Name).Intersect(above));

    [Theory]
    [InlineData("opsen-gateway")]
    [InlineData("opsen-silo")]
    [InlineData("opsen-agent")]
    public void Program_HasNoPublicTypes(string name) =>
        Assert.Empty(Code.TypesOf(Find(name)).Where(static type => type is { IsPublic: true }).Select(static type => type.FullName));

    private static AssemblyDefinition Find(string name) => Code.Assemblies.Single(assembly => assembly.Name.Name == name);
}
