namespace Opsen.Grains.Interfaces.Sessions;

/// <summary>The grain key of a session: its pool and its sticky id. A pool's name has no slash, so the first one divides them.</summary>
public static class SessionKey
{
    /// <summary>Makes the key.</summary>
    public static string Format(string pool, string stickyId) => $"{pool}/{stickyId}";

    /// <summary>Takes a key apart.</summary>
    public static (string Pool, string StickyId) Parse(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return (key[..slash], key[(slash + 1)..]);
    }
}
