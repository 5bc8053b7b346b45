namespace Opsen.Grains;

/// <summary>A grain's state that may be damaged in storage. Such a grain is activated all the same, with an empty state that tells why, so that it can be
/// removed.</summary>
public interface IUnreadableState
{
    /// <summary>Why what is stored cannot be read; null when it can.</summary>
    string? Unreadable { get; set; }
}
