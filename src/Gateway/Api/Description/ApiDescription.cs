using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Opsen.Gateway.Requests;
using Opsen.Gateway.Security;
using Opsen.Protocol.Configuration;

namespace Opsen.Gateway.Api.Description;

/// <summary>Describes the API in OpenAPI 3.1. Made of the endpoints themselves and of the wire types, so that it says what there is.</summary>
internal static class ApiDescription
{
    private const string SchemaRoot = "#/components/schemas/";
    private const string Problem = "Problem";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Statuses that every call may answer with.</summary>
    private static readonly (int Status, string Description)[] Common =
    [
        (400, "What was sent is wrong; the detail says what to change."),
        (401, "A key is wanted."),
        (403, "The key is not accepted, or its scope does not cover the call."),
        (429, "Too many calls; Retry-After says when to come back."),
        (503, "It cannot be done now; Retry-After says when to try again."),
    ];

    /// <summary>The document.</summary>
    public static string Write(IEnumerable<RouteEndpoint> endpoints, string version)
    {
        var schemas = new JsonObject { [Problem] = ProblemSchema() };
        var paths = new JsonObject();
        foreach (var endpoint in endpoints.OrderBy(static endpoint => endpoint.RoutePattern.RawText, StringComparer.Ordinal))
        {
            if (endpoint.Metadata.GetMetadata<ApiCall>() is not { } call)
            {
                continue;
            }

            var pattern = endpoint.RoutePattern.RawText!;
            var path = paths[pattern] as JsonObject ?? new JsonObject();
            paths[pattern] = path;
            foreach (var method in endpoint.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Where(static method => method != HttpMethods.Head))
            {
                path[method.ToLowerInvariant()] = Operation(endpoint, call, schemas);
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.1.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Opsen",
                ["version"] = version,
                ["description"] = "Where sessions go: hosts report, callers ask for one and reserve on it. Errors are problems (RFC 9457).",
                ["license"] = new JsonObject { ["name"] = "Apache-2.0", ["identifier"] = "Apache-2.0" },
            },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "http://localhost:8080", ["description"] = "the main listener" }),
            ["security"] = new JsonArray(new JsonObject { ["key"] = new JsonArray() }, new JsonObject()),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["securitySchemes"] = new JsonObject
                {
                    ["key"] = new JsonObject { ["type"] = "apiKey", ["in"] = "header", ["name"] = ApiKeyMiddleware.Header, ["description"] = "server_key or one of api_keys, where there are any" },
                },
                ["schemas"] = schemas,
            },
        }.ToJsonString(Readable);
    }

    private static JsonObject Operation(RouteEndpoint endpoint, ApiCall call, JsonObject schemas)
    {
        var scopes = endpoint.Metadata.GetRequiredMetadata<AllowedScopes>().Scopes;
        var operation = new JsonObject
        {
            ["summary"] = call.Summary,
            ["description"] = scopes.Count == Enum.GetValues<ApiScope>().Length ? "Any key may." : $"Keys with the scope {string.Join(", ", scopes).ToLowerInvariant()} may.",
        };
        var parameters = new JsonArray([.. endpoint.RoutePattern.Parameters.Select(static parameter => Parameter(parameter.Name, "path", "string", "Percent-encoded.")),
            .. call.Query.Select(static parameter => Parameter(parameter.Name, "query", parameter.Type, parameter.Description)),
            .. call.Headers.Select(static parameter => Parameter(parameter.Name, "header", parameter.Type, parameter.Description))]);
        if (parameters.Count > 0)
        {
            operation["parameters"] = parameters;
        }

        if (call.Request is { } request)
        {
            operation["requestBody"] = new JsonObject { ["required"] = true, ["content"] = Content("application/json", Schema(request, schemas)) };
        }

        var responses = new JsonObject
        {
            [call.IsEmpty ? "204" : "200"] = call.Response is { } response
                ? new JsonObject { ["description"] = "Done.", ["content"] = Content("application/json", Schema(response, schemas)) }
                : new JsonObject { ["description"] = "Done." },
        };
        foreach (var (status, description) in Common.Concat(call.Problems.Select(static status => (status, "See the detail."))).OrderBy(static one => one.Item1))
        {
            responses[$"{status}"] = new JsonObject { ["description"] = description, ["content"] = Content("application/problem+json", Reference(Problem)) };
        }

        operation["responses"] = responses;
        return operation;
    }

    private static JsonObject Parameter(string name, string place, string type, string description) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = place == "path",
        ["description"] = description,
        ["schema"] = new JsonObject { ["type"] = type },
    };

    private static JsonObject Content(string type, JsonNode schema) => new() { [type] = new JsonObject { ["schema"] = schema } };

    private static JsonObject Reference(string name) => new() { ["$ref"] = SchemaRoot + name };

    /// <summary>A reference to the type's schema, which is added where it is not there yet; of a list, its items'.</summary>
    private static JsonObject Schema(Type type, JsonObject schemas)
    {
        if (type.IsGenericType)
        {
            return new JsonObject { ["type"] = "array", ["items"] = Schema(type.GetGenericArguments()[0], schemas) };
        }

        if (!schemas.ContainsKey(type.Name))
        {
            schemas[type.Name] = WithoutNulls(WireJson.Outgoing.GetTypeInfo(type)!.GetJsonSchemaAsNode(new() { TreatNullObliviousAsNonNullable = true }));
        }

        return Reference(type.Name);
    }

    /// <summary>What may be null is left out where it is, so it is not required.</summary>
    private static JsonNode WithoutNulls(JsonNode schema)
    {
        foreach (var inner in (schema as JsonObject)?.Select(static pair => pair.Value).OfType<JsonObject>().ToList() ?? [])
        {
            WithoutNulls(inner);
        }

        if (schema["properties"] is JsonObject properties && schema["required"] is JsonArray required)
        {
            foreach (var name in required.Where(name => properties[name!.GetValue<string>()]?["type"] is JsonArray).ToList())
            {
                required.Remove(name);
            }
        }

        return schema;
    }

    private static JsonObject ProblemSchema() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["type"] = new JsonObject { ["type"] = "string", ["description"] = "urn:opsen:problem: and a word for programs" },
            ["title"] = new JsonObject { ["type"] = "string" },
            ["status"] = new JsonObject { ["type"] = "integer" },
            ["detail"] = new JsonObject { ["type"] = "string", ["description"] = "what to change, for people" },
        },
    };
}
