namespace Opsen.Grains.Interfaces.Backends;

/// <summary>What is stored of a host cannot be read. It stays as it is, for repair, until somebody removes the host.</summary>
[GenerateSerializer, Alias("opsen.UnreadableHostException")]
public sealed class UnreadableHostException : Exception
{
    /// <summary>Only for serializers.</summary>
    public UnreadableHostException()
    {
    }

    /// <summary>Only for serializers.</summary>
    public UnreadableHostException(string message)
        : base(message)
    {
    }

    /// <summary>Only for serializers.</summary>
    public UnreadableHostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
