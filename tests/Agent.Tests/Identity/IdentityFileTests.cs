using Opsen.Agent.Identity;

namespace Opsen.Agent.Tests.Identity;

public sealed class IdentityFileTests
{
    [Theory]
    [InlineData(null, "client-id-default")]
    [InlineData("http://backend-1.internal:8000", "client-id-http_backend-1.internal_8000")]
    [InlineData("https://Backend/a/b/", "client-id-https_backend_443_a_b")]
    [InlineData("http://[::1]:80", "client-id-http___1_80")]
    public void NameFor_Endpoint_IsReadable(string? endpoint, string expected) =>
        Assert.Equal(expected, IdentityFile.NameFor(endpoint is null ? null : new Uri(endpoint)));

    [Fact]
    public void NameFor_OtherPortSchemeOrPath_IsAnother()
    {
        string[] endpoints = ["http://b", "https://b", "http://b:81", "http://b/x", $"http://b/{new string('x', 500)}1", $"http://b/{new string('x', 500)}2"];
        var names = endpoints.Select(endpoint => IdentityFile.NameFor(new Uri(endpoint))).ToList();
        Assert.Equal(endpoints.Length, names.Distinct().Count());
        Assert.All(names, name => Assert.InRange(name.Length, 1, 128));
    }

    [Fact]
    public void TryWrite_ThenRead_TellsTheSame()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("deep", "er", "id");
        var identity = new StoredIdentity(Guid.NewGuid().ToString(), "fingerprint");
        Assert.True(IdentityFile.TryWrite(path, identity, replace: false, out _));
        Assert.True(IdentityFile.TryRead(path, out var stored, out _));
        Assert.Equal(identity, stored);
        _ = Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void TryWrite_FileThereAndNotToReplace_KeepsItAndLeavesNoDraft()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.Write("id", "client_id=other");
        Assert.False(IdentityFile.TryWrite(path, new StoredIdentity(Guid.NewGuid().ToString(), null), replace: false, out var error));
        Assert.NotNull(error);
        Assert.Equal("client_id=other", File.ReadAllText(path));
        _ = Assert.Single(Directory.GetFiles(directory.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("client_id=\n")]
    [InlineData("client_id=not-a-uuid\n")]
    [InlineData("\0\0\0")]
    [InlineData("machine=abc\n")]
    public void TryRead_Broken_TellsWhy(string content)
    {
        using var directory = new TemporaryDirectory();
        Assert.False(IdentityFile.TryRead(directory.Write("id", content), out _, out var error));
        Assert.NotNull(error);
    }

    [Fact]
    public void TryRead_NoFile_IsNoError()
    {
        Assert.False(IdentityFile.TryRead("/no/such/file", out _, out var error));
        Assert.Null(error);
    }
}
