using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace CrossModal.Kernels;

/// <summary>
/// Compares JSON with the type that it is to become, before anything is made of it: nothing that is needed is missing, nothing is null that
/// cannot be, numbers are whole where they must be, finite everywhere, and within their <see cref="LimitAttribute"/>. What the type does
/// not know is passed over: a newer version may have written it.
/// </summary>
internal static class JsonCheck
{
    /// <summary>Asking a property for its attributes takes longer than all else here, and a file may have many lines.</summary>
    private static readonly ConditionalWeakTable<JsonPropertyInfo, LimitAttribute[]> Limits = [];

    /// <summary>The first thing that is wrong, as in "model.width is -4; must be …"; null where nothing is.</summary>
    public static string? Fault(JsonElement root, JsonTypeInfo type) => Fault(root, type, [], "");

    private static string? Fault(JsonElement value, JsonTypeInfo type, IEnumerable<LimitAttribute> limits, string place)
    {
        if (Demand(value, type) is { } demand)
            return Tell(place, value, demand);
        var within = type.Kind switch
        {
            JsonTypeInfoKind.Object => InObject(value, type, place),
            JsonTypeInfoKind.Enumerable => InEntries(value.EnumerateArray().Select((entry, i) => ($"{place}[{i}]", entry)), type),
            JsonTypeInfoKind.Dictionary =>
                InEntries(value.EnumerateObject().Select(entry => ($"{place}['{Excerpt.Of(entry.Name)}']", entry.Value)), type),
            _ => null,
        };
        return within
            ?? limits.Where(limit => !limit.Allows(value)).Select(limit => Tell(place, value, limit.Demand)).FirstOrDefault();
    }

    private static string? InObject(JsonElement value, JsonTypeInfo type, string place)
    {
        // What is computed of the rest, and no part of the JSON, stands among the properties with nothing to read or write it by.
        foreach (var property in type.Properties.Where(property => property.Get is not null || property.Set is not null))
        {
            var inner = place.Length == 0 ? property.Name : $"{place}.{property.Name}";
            var nullable = property.IsSetNullable || Nullable.GetUnderlyingType(property.PropertyType) is not null;
            var present = value.TryGetProperty(property.Name, out var part);
            if (!present && !nullable && IsNeeded(property))
                return $"{inner} is missing";
            if (!present || nullable && part.ValueKind == JsonValueKind.Null)
                continue;
            if (Fault(part, TypeOf(property.PropertyType, type), Limits.GetValue(property, LimitsOf), inner) is { } fault)
                return fault;
        }

        return null;
    }

    private static LimitAttribute[] LimitsOf(JsonPropertyInfo property) =>
        [.. property.AttributeProvider?.GetCustomAttributes(typeof(LimitAttribute), inherit: true).Cast<LimitAttribute>() ?? []];

    private static bool IsNeeded(JsonPropertyInfo property) =>
        property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false, IsMemberInitializer: false };

    private static string? InEntries(IEnumerable<(string Place, JsonElement Value)> entries, JsonTypeInfo type)
    {
        var entryType = TypeOf(type.ElementType!, type);
        return entries.Select(entry => Fault(entry.Value, entryType, [], entry.Place)).FirstOrDefault(fault => fault is not null);
    }

    private static JsonTypeInfo TypeOf(Type type, JsonTypeInfo within) =>
        within.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type);

    /// <summary>What a value must be, where it is not.</summary>
    private static string? Demand(JsonElement value, JsonTypeInfo type)
    {
        var kind = value.ValueKind;
        return type.Kind switch
        {
            JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => kind == JsonValueKind.Object ? null : "an object",
            JsonTypeInfoKind.Enumerable => kind == JsonValueKind.Array ? null : "a list",
            _ when type.Type.IsEnum => kind == JsonValueKind.String
                && Enum.GetNames(type.Type).Contains(value.GetString(), StringComparer.OrdinalIgnoreCase)
                ? null : $"one of {string.Join(", ", Enum.GetNames(type.Type))}",
            _ when type.Type == typeof(int) => kind == JsonValueKind.Number && value.TryGetInt32(out _) ? null : "a whole number",
            _ when type.Type == typeof(long) => kind == JsonValueKind.Number && value.TryGetInt64(out _) ? null : "a whole number",
            _ when type.Type == typeof(ulong) => kind == JsonValueKind.Number && value.TryGetUInt64(out _) ? null
                : "a whole number that is not negative",
            _ when type.Type == typeof(double) => kind == JsonValueKind.Number && double.IsFinite(value.GetDouble()) ? null
                : "a finite number",
            _ when type.Type == typeof(bool) => kind is JsonValueKind.True or JsonValueKind.False ? null : "true or false",
            _ when type.Type == typeof(string) => kind == JsonValueKind.String && IsText(value) ? null : "text",
            _ => OfConverter(value, type),
        };
    }

    /// <summary>Text with half of a character in it cannot be taken out of JSON.</summary>
    private static bool IsText(JsonElement value)
    {
        try
        {
            value.GetString();
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A type with a converter of its own says itself what it does not take.</summary>
    private static string? OfConverter(JsonElement value, JsonTypeInfo type)
    {
        try
        {
            return value.Deserialize(type) is null ? "something" : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return error is JsonException { Message: var message } && message.StartsWith("one of", StringComparison.Ordinal) ? message
                : "a name";
        }
    }

    private static string Tell(string place, JsonElement value, string demand) =>
        $"{(place.Length == 0 ? "the whole" : place)} is {Excerpt.Of(value.GetRawText(), 40)}; must be {demand}";
}
