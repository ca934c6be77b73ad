using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrossModal.Models;

/// <summary>Writes one of a few known objects by its name.</summary>
/// <param name="all">Those that there are; asked for late, because they may not be made yet.</param>
/// <param name="nameOf">The name of each.</param>
internal abstract class NamedConverter<T>(Func<IReadOnlyList<T>> all, Func<T, string> nameOf) : JsonConverter<T> where T : class
{
    public override T Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        var name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return all().FirstOrDefault(one => nameOf(one) == name)
            ?? throw new JsonException($"one of {string.Join(", ", all().Select(nameOf))}");
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => writer.WriteStringValue(nameOf(value));
}
