namespace Opsen.Agent.Sensors;

/// <summary>The cards of several vendors as those of one. Each vendor's driver counts its cards from 0: where there are cards of an earlier vendor too, the
/// n-th vendor's get 1000 × n more.</summary>
internal sealed class GpuSensors(IReadOnlyList<IGpuSensor> vendors) : IGpuSensor
{
    private const int Shift = 1000;

    private readonly Dictionary<GpuIdentity, GpuIdentity> _shifted = [];
    private int _first = int.MaxValue;

    /// <inheritdoc/>
    public TimeSpan Read(List<GpuReading> readings)
    {
        var next = TimeSpan.MaxValue;
        for (var vendor = 0; vendor < vendors.Count; vendor++)
        {
            var first = readings.Count;
            var pause = vendors[vendor].Read(readings);
            next = pause < next ? pause : next;
            if (readings.Count > first)
            {
                // A vendor whose cards are lost keeps its numbers.
                _first = Math.Min(_first, vendor);
            }

            for (var i = first; vendor > _first && i < readings.Count; i++)
            {
                readings[i] = readings[i] with { Card = Shifted(readings[i].Card, Shift * vendor) };
            }
        }

        return next;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var vendor in vendors)
        {
            vendor.Dispose();
        }
    }

    private GpuIdentity Shifted(GpuIdentity card, int by)
    {
        if (!_shifted.TryGetValue(card, out var shifted))
        {
            shifted = card with { Index = card.Index + by };
            _shifted.Add(card, shifted);
        }

        return shifted;
    }
}
