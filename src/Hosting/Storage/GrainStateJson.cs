using System.Text.Json;
using Opsen.Grains;

namespace Opsen.Hosting.Storage;

/// <summary>State of grains as plain JSON: readable by people and by SQL, and tolerant of fields that come and go with versions.</summary>
internal static class GrainStateJson
{
    public static string Serialize<T>(T state) => JsonSerializer.Serialize(state, StateJson.Options);

    public static byte[] SerializeToUtf8<T>(T state) => JsonSerializer.SerializeToUtf8Bytes(state, StateJson.Options);

    public static T Deserialize<T>(string json) => JsonSerializer.Deserialize<T>(json, StateJson.Options)!;

    /// <summary>A damaged state is read as an empty one that carries the error, where the state can.</summary>
    public static T DeserializeOrMark<T>(string json)
    {
        try
        {
            return Deserialize<T>(json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException && Activator.CreateInstance<T>() is IUnreadableState)
        {
            var empty = Activator.CreateInstance<T>();
            ((IUnreadableState)empty!).Unreadable = error.Message;
            return empty;
        }
    }
}
