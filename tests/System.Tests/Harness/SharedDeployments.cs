namespace Opsen.System.Tests.Harness;

/// <summary>One deployment of each shape for all tests that leave the server as it is; each test brings hosts of its own.</summary>
public sealed class SharedDeployments : IAsyncLifetime
{
    private readonly Dictionary<Shape, Task<Deployment>> _running = [];

    /// <inheritdoc />
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var deployment in _running.Values.Where(static start => start.IsCompletedSuccessfully))
        {
            await (await deployment).DisposeAsync();
        }
    }

    /// <summary>The deployment of a shape, started when it is first asked for. One that did not start is not tried again.</summary>
    internal Task<Deployment> GetAsync(Shape shape)
    {
        if (!_running.TryGetValue(shape, out var deployment))
        {
            deployment = Deployment.StartAsync(shape);
            _running.Add(shape, deployment);
        }

        return deployment;
    }
}

/// <summary>Tests of this collection run one after the other on the same deployments.</summary>
[CollectionDefinition(Name)]
public sealed class SharedDeploymentTests : ICollectionFixture<SharedDeployments>
{
    /// <summary>The collection's name.</summary>
    public const string Name = "shared deployments";
}
