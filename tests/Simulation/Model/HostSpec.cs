namespace Opsen.Simulation.Model;

/// <summary>A generation of hosts.</summary>
/// <param name="Name">What they are called.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Cores">Cores.</param>
/// <param name="Speed">Work a core does in a second, of a nominal core.</param>
/// <param name="MemoryGb">Memory.</param>
/// <param name="Cards">GPU cards.</param>
/// <param name="CardSpeed">Work a card does in a second, of a nominal card.</param>
/// <param name="VramGb">VRAM of each card.</param>
internal sealed record HostSpec(string Name, int Count, int Cores, double Speed, double MemoryGb, int Cards = 0, double CardSpeed = 1, double VramGb = 0);
