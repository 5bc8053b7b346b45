using System.ComponentModel;
using Opsen.Examples.Quickstart.Processes;

namespace Opsen.System.Tests.Harness;

/// <summary>A file system of its own in memory, a few megabytes large: it can be filled and made read-only without harm to anything else.</summary>
internal sealed class TinyDisk : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _mounts = [];

    private TinyDisk()
    {
    }

    private string Root => _folder.File("disk");

    /// <summary>Mounts one; skips the test, with the reason, where that is not allowed.</summary>
    public static async Task<TinyDisk> MountOrSkipAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has tmpfs.");
        var disk = new TinyDisk();
        Directory.CreateDirectory(disk.Root);
        if (await TryRunAsync("mount", "-t", "tmpfs", "-o", "size=8m", "opsen-test", disk.Root) is { } problem)
        {
            await disk.DisposeAsync();
            Assert.Skip($"A file system cannot be mounted here: {problem}");
        }

        disk._mounts.Add(disk.Root);
        return disk;
    }

    /// <summary>Full path of a file on it.</summary>
    public string File(string name) => Path.Combine(Root, name);

    /// <summary>Takes all the space that is left with one file, and returns the file.</summary>
    public string Fill()
    {
        var filler = File("filler");
        // Unbuffered: what does not fit fails here, and not when the stream is disposed of.
        using var stream = new FileStream(filler, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[4096];
        try
        {
            while (true)
            {
                stream.Write(page);
            }
        }
        catch (IOException)
        {
            return filler;
        }
    }

    /// <summary>Makes all of it read-only.</summary>
    public Task MakeReadOnlyAsync() => RunAsync("mount", "-o", "remount,ro", Root);

    /// <summary>Makes one file read-only, for root too, and leaves its directory as it is.</summary>
    public async Task MakeReadOnlyAsync(string file)
    {
        await RunAsync("mount", "--bind", file, file);
        _mounts.Add(file);
        await RunAsync("mount", "-o", "remount,bind,ro", file);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var mount in Enumerable.Reverse(_mounts))
        {
            // Lazily: a program that still looks at a file must not leave the mount behind.
            await RunAsync("umount", "-l", mount);
        }

        _folder.Dispose();
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        if (await TryRunAsync(program, arguments) is { } problem)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {problem}");
        }
    }

    /// <summary>Returns what went wrong, or null.</summary>
    private static async Task<string?> TryRunAsync(string program, params string[] arguments)
    {
        try
        {
            await using var process = ChildProcess.Start(program, program, arguments);
            using var deadline = new CancellationTokenSource(Patience.Change);
            var exitCode = await process.WaitForExitAsync(deadline.Token);
            return exitCode == 0 ? null : $"exit code {exitCode}: {string.Join(' ', process.Log)}";
        }
        catch (Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
