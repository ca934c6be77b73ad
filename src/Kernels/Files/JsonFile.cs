using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace CrossModal.Kernels;

/// <summary>
/// A kind of JSON file that the program reads, and the one way it is read: no more than a kind of file can have, well-formed, no property
/// twice, and all that <see cref="JsonCheck"/> asks. Whatever is wrong is one line: <c>FILE: PROPERTY is VALUE; must be …; REMEDY</c>.
/// </summary>
/// <param name="type">What it becomes; made at build time.</param>
/// <param name="what">What it should be, as in "is no …".</param>
/// <param name="remedy">What helps where it is none.</param>
internal sealed class JsonFile<T>(JsonTypeInfo<T> type, string what, string remedy)
    where T : class
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    private readonly JsonTypeInfo<T> _type =
        (JsonTypeInfo<T>)new JsonSerializerOptions(type.Options) { RespectNullableAnnotations = true }.GetTypeInfo(typeof(T));

    /// <summary>Bytes that a file may have.</summary>
    public long Most { get; init; } = 64L << 20;

    /// <summary>What helps where there is no such file; the remedy where this is null.</summary>
    public string? Absent { get; init; }

    /// <summary>What holds of the parts that a file lacks and that are not required: of an older version, say.</summary>
    public T? Defaults { get; init; }

    /// <summary>Gives the parts of older files the names that they have now.</summary>
    public Action<JsonObject>? Rename { get; init; }

    /// <summary>Says what a file is that is well-formed and of another kind; null where it is of this kind.</summary>
    public Func<JsonElement, string?>? Foreign { get; init; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="BadInputException">It is not there, cannot be read, or is none of this kind.</exception>
    public T Read(string path) => Parse(BoundedFile.ReadText(path, Most, what, remedy, Absent), path);

    /// <summary>Reads text.</summary>
    /// <param name="source">What the messages name.</param>
    /// <exception cref="BadInputException">It is none of this kind.</exception>
    public T Parse(string text, string source)
    {
        try
        {
            using var written = JsonDocument.Parse(text, Strict);
            if (written.RootElement.ValueKind != JsonValueKind.Object)
                throw new BadInputException($"{source}: is no {what}; {remedy}");
            if (Foreign?.Invoke(written.RootElement) is { } other)
                throw new BadInputException($"{source}: {other}");
            Require(written, source);
            if (Defaults is null && Rename is null)
                return written.Deserialize(_type)!;
            using var whole = Complete(written.RootElement);
            Require(whole, source);
            return whole.Deserialize(_type)!;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new BadInputException($"{source}: is no {what}: {Reason(error)}; {remedy}", error);
        }
    }

    private void Require(JsonDocument document, string source)
    {
        if (JsonCheck.Fault(document.RootElement, _type) is { } fault)
            throw new BadInputException($"{source}: {fault}; {remedy}");
    }

    /// <summary>
    /// Readers that are made at build time give a property that a file lacks its type's zero, not the default that stands behind it. So
    /// what the file has is laid over a description that has everything.
    /// </summary>
    private JsonDocument Complete(JsonElement written)
    {
        var over = JsonObject.Create(written)!;
        Rename?.Invoke(over);
        if (Defaults is null)
            return JsonDocument.Parse(over.ToJsonString(), Strict);
        var under = JsonSerializer.SerializeToNode(Defaults, _type)!.AsObject();
        foreach (var property in _type.Properties.Where(property => property.IsRequired))
            under.Remove(property.Name);
        Lay(over, under);
        return JsonDocument.Parse(under.ToJsonString(), Strict);

        static void Lay(JsonObject over, JsonObject under)
        {
            foreach (var (name, value) in over)
            {
                if (value is JsonObject part && under[name] is JsonObject place)
                    Lay(part, place);
                else
                    under[name] = value?.DeepClone();
            }
        }
    }

    private static string Reason(Exception error)
    {
        var message = error.Message;
        if (message.StartsWith("Duplicate property", StringComparison.Ordinal) && message.Split('\'') is [_, var name, ..])
            return $"'{name}' is there twice";

        // The reader's words without the places in its own terms.
        foreach (var end in new[] { " LineNumber:", " Path:" })
        {
            if (message.IndexOf(end, StringComparison.Ordinal) is >= 0 and var at)
                message = message[..at];
        }

        return $"it is not JSON, or was cut short ({message.TrimEnd('.', ' ')})";
    }
}
