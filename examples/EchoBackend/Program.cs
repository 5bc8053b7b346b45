using System.Text.Json;
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
app.Map("/{**path}", (HttpRequest request, CancellationToken cancellation) => EchoAnswer.FromAsync(request, name, cancellation));

app.Run();
