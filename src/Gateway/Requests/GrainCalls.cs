using Opsen.Gateway.Problems;
using Opsen.Grains.Interfaces.Backends;

namespace Opsen.Gateway.Requests;

/// <summary>Makes grain calls for endpoints within a deadline. A failure of the cluster becomes a 503 with <c>Retry-After</c>, never a 500.</summary>
internal sealed partial class GrainCalls(TimeProvider time, ILogger<GrainCalls> logger)
{
    /// <summary>How long a call may take. Agents wait longer than this.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(5);

    /// <summary>When to come back after a failure: a cluster that lost a silo answers again within seconds.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>When to come back for a host whose row must be repaired.</summary>
    private static readonly TimeSpan RetryUnreadable = TimeSpan.FromSeconds(30);

    /// <summary>When to come back for a place in the fleet.</summary>
    private static readonly TimeSpan RetryRefused = TimeSpan.FromMinutes(1);

    /// <summary>Makes the call. False when it failed and the request has been answered with 503; the call may still have had its effect then.</summary>
    public async Task<bool> TryAsync(HttpContext context, Func<Task> call)
    {
        try
        {
            await call().WaitAsync(Deadline, time, context.RequestAborted);
            return true;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            throw;
        }
        catch (UnreadableHostException unreadable)
        {
            await Problem.WriteAsync(
                context,
                StatusCodes.Status503ServiceUnavailable,
                ProblemTypes.Unreadable,
                $"{unreadable.Message} Repair its row in the database, or remove the host with DELETE /clients/{{id}} and let it register anew.",
                RetryUnreadable);
            return false;
        }
        catch (RegistrationRefusedException refused)
        {
            await Problem.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, ProblemTypes.FleetFull, refused.Message, RetryRefused);
            return false;
        }
        catch (TimeoutException)
        {
            LogTimeout(context.Request.Path, Deadline.TotalSeconds);
        }
        catch (Exception exception)
        {
            // The arguments were checked, so whatever is thrown (by Orleans, a storage driver, a stopping silo) is a fault of the cluster.
            LogFailed(exception, context.Request.Path);
        }

        await Problem.WriteAsync(
            context,
            StatusCodes.Status503ServiceUnavailable,
            ProblemTypes.Unavailable,
            "The cluster did not answer in time, so the outcome is not known. Send the same request again after Retry-After.",
            RetryAfter);
        return false;
    }

    [LoggerMessage(3201, LogLevel.Warning, "{Path}: no answer from the cluster within {Seconds} s")]
    private partial void LogTimeout(PathString path, double seconds);

    [LoggerMessage(3202, LogLevel.Error, "{Path}: the cluster failed")]
    private partial void LogFailed(Exception exception, PathString path);
}
