namespace Opsen.Gateway.Problems;

/// <summary>Problems for statuses that the framework sets without a body.</summary>
internal static class StatusProblems
{
    /// <summary>Writes the problem of a status. A 405 needs its <c>Allow</c> header set before.</summary>
    public static Task WriteAsync(HttpContext context, int status) => status switch
    {
        StatusCodes.Status404NotFound => Problem.WriteAsync(context, status, ProblemTypes.NotFound, "There is nothing at this path."),
        StatusCodes.Status405MethodNotAllowed => Problem.WriteAsync(
            context, status, ProblemTypes.MethodNotAllowed, $"{context.Request.Method} is not possible here. Use one of: {context.Response.Headers.Allow}."),
        StatusCodes.Status408RequestTimeout => Problem.WriteAndCloseAsync(
            context, status, ProblemTypes.RequestTimeout, "The request's body arrived too slowly. Send it again without pauses."),
        StatusCodes.Status413PayloadTooLarge => Problem.WriteAndCloseAsync(
            context, status, ProblemTypes.BodyTooLarge, "The request's body is larger than max_request_body_bytes allows. Send less."),
        StatusCodes.Status415UnsupportedMediaType => Problem.WriteAsync(
            context, status, ProblemTypes.UnsupportedMediaType, "Send the body as JSON in UTF-8 with Content-Type: application/json."),
        StatusCodes.Status500InternalServerError => Problem.WriteAsync(
            context, status, ProblemTypes.InternalError, "The gateway failed to handle this request. Its log says why."),
        StatusCodes.Status503ServiceUnavailable => Problem.WriteAndCloseAsync(
            context, status, ProblemTypes.Overloaded, "The gateway has too much in hand for this request. Send it again in a moment."),
        _ => Problem.WriteAsync(context, status, ProblemTypes.BadRequest, "The request is not acceptable as it is. Check its head and its body."),
    };
}
