namespace Opsen.Grains;

/// <summary>
/// Makes references to the grains of one interface. <see cref="IGrainFactory"/> works out the interface's name by reflection at every call, which costs more
/// than all the rest of making a reference; the first reference tells it for all others.
/// </summary>
public sealed class GrainReferences<TGrain>(IGrainFactory grains)
    where TGrain : IGrainWithStringKey
{
    private volatile GrainReference? _known;

    /// <summary>The grain with this key.</summary>
    public TGrain Get(string key)
    {
        if (_known is { } known)
        {
            return (TGrain)grains.GetGrain(GrainId.Create(known.GrainId.Type, key), known.InterfaceType);
        }

        var grain = grains.GetGrain<TGrain>(key);
        _known = grain as GrainReference;
        return grain;
    }
}
