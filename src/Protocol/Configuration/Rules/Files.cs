namespace Opsen.Protocol.Configuration.Rules;

/// <summary>Files that keys name.</summary>
internal static class Files
{
    /// <summary>Looks whether a file can be read.</summary>
    /// <param name="path">The file; empty for none.</param>
    /// <param name="kind">What it has to be, for the message.</param>
    /// <returns>What is wrong; null when nothing is.</returns>
    public static string? Problem(string path, string kind)
    {
        if (path.Length == 0)
        {
            return null;
        }

        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return $"'{path}' cannot be read ({exception.Message}); allowed: {kind} that this process may read";
        }
    }
}
