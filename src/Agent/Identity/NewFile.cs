using System.Runtime.InteropServices;

namespace Opsen.Agent.Identity;

/// <summary>Gives a finished draft its name in one step, so that of several programs that do it at once exactly one succeeds.</summary>
internal static partial class NewFile
{
    private const int AlreadyExists = 17; // EEXIST, the same on Linux and macOS.

    /// <summary>Moves a draft to a path in the same directory where no file is yet.</summary>
    /// <exception cref="IOException">There is a file at the path, or the directory cannot be written.</exception>
    public static void Publish(string draft, string path)
    {
        // On Unix File.Move looks for the file first and then renames, which replaces a file that came in between; a link does not.
        if (!OperatingSystem.IsWindows())
        {
            if (Link(draft, path) == 0)
            {
                File.Delete(draft);
                return;
            }

            if (Marshal.GetLastPInvokeError() == AlreadyExists)
            {
                throw new IOException($"{path} exists already");
            }
        }

        // Windows, and file systems without links.
        File.Move(draft, path, overwrite: false);
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Link(string existing, string added);
}
