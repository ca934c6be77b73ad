using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>
/// How the judge named samples of validation conditions, as a file: <c>confusion.json</c> for the samples of an evaluation, and one beside
/// the picture of each epoch.
/// </summary>
/// <param name="Directions">One, or both.</param>
internal sealed record SampleNaming(IReadOnlyList<NamedDirection> Directions)
{
    public static SampleNaming Of(IEnumerable<(Direction Direction, ConfusionMatrix Named)> directions) =>
        new([.. directions.Select(one => new NamedDirection(
            one.Direction == Direction.SoundToImage ? "sound to image" : "image to sound", one.Named.Classes, one.Named.Rows))]);

    public void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, SampleNamingJson.Default.SampleNaming));
}

/// <param name="Direction"><c>sound to image</c> or <c>image to sound</c>.</param>
/// <param name="Classes">The names of rows and columns.</param>
/// <param name="Counts">A row for each class of a condition; in it, how often its samples were named as each class.</param>
internal sealed record NamedDirection(string Direction, IReadOnlyList<string> Classes, IReadOnlyList<IReadOnlyList<int>> Counts);

/// <summary>Made at build time: a trimmed program has no reflection to make it with.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SampleNaming))]
internal sealed partial class SampleNamingJson : JsonSerializerContext;
