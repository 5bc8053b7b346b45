namespace Opsen.Agent.Sensors.Nvidia;

/// <summary>Tells whether the cards are still the same ones.</summary>
internal static class NvmlSignature
{
    private const ulong Start = 0xCBF2_9CE4_8422_2325;

    /// <summary>A number that is another one when the cards, or what they are divided into, are others. Allocates nothing.</summary>
    public static ulong Of(NvmlLibrary library)
    {
        var hash = NvmlLibrary.Hash(Start, (byte)library.Count(out var count));
        for (uint index = 0; index < count; index++)
        {
            var result = library.Device(index, out var device);
            hash = NvmlLibrary.Hash(hash, (byte)result);
            if (result == NvmlReturn.Success)
            {
                hash = AddInstances(library, device, library.HashUuid(device, hash));
            }
        }

        return hash;
    }

    private static ulong AddInstances(NvmlLibrary library, nint device, ulong hash)
    {
        var slots = library.MigSlots(device);
        for (uint slot = 0; slot < slots; slot++)
        {
            hash = library.MigDevice(device, slot, out var instance) == NvmlReturn.Success
                ? library.HashUuid(instance, hash)
                : NvmlLibrary.Hash(hash, 0);
        }

        return hash;
    }
}
