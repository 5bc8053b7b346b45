using Orleans.Storage;

namespace Opsen.Silo.Storage;

/// <summary>
/// Keeps grain keys as they are on their way to the ADO.NET provider. That provider reads a key that looks like a hexadecimal number or a GUID as one, so
/// "ab", "AB" and "0ab" would share a row. A mark in front makes every key a plain string; the SQL takes it off again.
/// </summary>
internal sealed class VerbatimKeyStorage(IGrainStorage provider) : IGrainStorage
{
    /// <summary>No number and no GUID begins with it.</summary>
    private const char Mark = '=';

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        provider.ReadStateAsync(stateName, Marked(grainId), grainState);

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        provider.WriteStateAsync(stateName, Marked(grainId), grainState);

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        provider.ClearStateAsync(stateName, Marked(grainId), grainState);

    private static GrainId Marked(GrainId grainId) => GrainId.Create(grainId.Type, Mark + grainId.Key.ToString());
}
