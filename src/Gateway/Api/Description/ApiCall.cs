namespace Opsen.Gateway.Api.Description;

/// <summary>What a call of the API does, for its description. Metadata of its endpoint, so that no call is without.</summary>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Response">Type of the body of a 200; null where there is none.</param>
internal sealed record ApiCall(string Summary, Type? Response = null)
{
    /// <summary>Type of the request's body; null where there is none.</summary>
    public Type? Request { get; init; }

    /// <summary>Parameters in the query.</summary>
    public IReadOnlyList<ApiParameter> Query { get; init; } = [];

    /// <summary>Headers that a caller may send.</summary>
    public IReadOnlyList<ApiParameter> Headers { get; init; } = [];

    /// <summary>Whether success is 204 without a body.</summary>
    public bool IsEmpty { get; init; }

    /// <summary>Statuses of its problems beside those of every call (400, 401, 403, 429, 503).</summary>
    public IReadOnlyList<int> Problems { get; init; } = [];
}

/// <summary>A parameter in a query or a header.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">"string", "integer" or "boolean".</param>
/// <param name="Description">What it means, with its default.</param>
internal sealed record ApiParameter(string Name, string Type, string Description);
