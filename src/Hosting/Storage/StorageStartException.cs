namespace Opsen.Hosting.Storage;

/// <summary>Storage cannot be used and the process must not start. The message is for the operator.</summary>
public sealed class StorageStartException(string message, Exception? inner = null) : Exception(message, inner);
