using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Opsen.Examples.EchoBackend;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<CpuBurner>();
builder.Services.ConfigureHttpJsonOptions(static options =>
{
    options.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
    options.SerializerOptions.TypeInfoResolverChain.Insert(0, EchoJsonContext.Default);
});

var app = builder.Build();
var name = app.Configuration["name"] ?? Environment.MachineName;

app.MapGet("/health", () => new HealthAnswer("ok", name));
app.MapPost("/load", (CpuBurner burner, int? seconds) => seconds is < 1 or > CpuBurner.LongestSeconds
    ? Results.Problem($"'seconds' must be 1 to {CpuBurner.LongestSeconds}.", statusCode: StatusCodes.Status400BadRequest)
    : Results.Ok(burner.Start(TimeSpan.FromSeconds(seconds ?? 30))));
app.MapDelete("/load", (CpuBurner burner) => burner.Stop());

// With its length and in one piece: a backend that is killed has answered a request or has not, but never half.
app.Map("/{**path}", async (HttpRequest request, IOptions<JsonOptions> json, CancellationToken cancellation) => Results.Bytes(
    JsonSerializer.SerializeToUtf8Bytes(await EchoAnswer.FromAsync(request, name, cancellation), json.Value.SerializerOptions), "application/json"));

app.Run();
