namespace Opsen.Grains.Interfaces.Backends;

/// <summary>There are as many hosts, or as many pools, as there may be.</summary>
[GenerateSerializer, Alias("opsen.RegistrationRefusedException")]
public sealed class RegistrationRefusedException : Exception
{
    /// <summary>Only for serializers.</summary>
    public RegistrationRefusedException()
    {
    }

    /// <summary>A refusal.</summary>
    /// <param name="message">What there is too much of, and which key sets the limit.</param>
    public RegistrationRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Only for serializers.</summary>
    public RegistrationRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
