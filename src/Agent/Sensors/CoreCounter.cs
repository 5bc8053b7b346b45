namespace Opsen.Agent.Sensors;

/// <summary>What one core has done since the host started.</summary>
/// <param name="Id">The kernel's number of the core; numbers may have gaps.</param>
/// <param name="Busy">Time spent working, in the sensor's own unit.</param>
/// <param name="Idle">Time spent waiting, in the same unit.</param>
internal readonly record struct CoreCounter(int Id, long Busy, long Idle);
