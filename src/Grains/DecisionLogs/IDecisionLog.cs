namespace Opsen.Grains.DecisionLogs;

/// <summary>Where the events of this silo's indexes go, if anywhere.</summary>
public interface IDecisionLog
{
    /// <summary>Takes an event. Neither waits nor fails.</summary>
    void Write(DecisionEvent one);
}
