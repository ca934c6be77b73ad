using System.Text.Json.Serialization;
using CrossModal.Models;

namespace CrossModal.Runs;

/// <summary>
/// What a run trains: the command that begins it, which <c>run.json</c> remembers, and the directions that its model then knows.
/// </summary>
[JsonConverter(typeof(Converter))]
internal sealed class RunKind
{
    private RunKind(string name, params Direction[] directions) => (Name, Directions) = (name, directions);

    /// <summary><c>train s2i</c>.</summary>
    public static RunKind SoundToImage { get; } = new("s2i", Direction.SoundToImage);

    /// <summary><c>train i2s</c>.</summary>
    public static RunKind ImageToSound { get; } = new("i2s", Direction.ImageToSound);

    /// <summary><c>train cmcgan</c>: both directions in one model (Hao et al. 2018).</summary>
    public static RunKind Cmcgan { get; } = new("cmcgan", Direction.SoundToImage, Direction.ImageToSound);

    /// <summary><c>train sound-classifier</c>.</summary>
    public static RunKind SoundClassifier { get; } = new("sound-classifier");

    /// <summary><c>train image-classifier</c>.</summary>
    public static RunKind ImageClassifier { get; } = new("image-classifier");

    /// <summary><c>train sound-autoencoder</c>.</summary>
    public static RunKind SoundAutoencoder { get; } = new("sound-autoencoder");

    /// <summary>All kinds there are.</summary>
    public static IReadOnlyList<RunKind> All { get; } =
        [SoundToImage, ImageToSound, Cmcgan, SoundClassifier, ImageClassifier, SoundAutoencoder];

    /// <summary>As in <c>train s2i</c>; the names of new run folders begin with it.</summary>
    public string Name { get; }

    /// <summary>The command, as <c>run.json</c> has it.</summary>
    public string Command => $"train {Name}";

    /// <summary>What its model makes of what, in the order of reports; empty where nothing is generated.</summary>
    public IReadOnlyList<Direction> Directions { get; }

    /// <summary>Whether one model learns both directions, and its encoders with them.</summary>
    public bool HasBothDirections => Directions.Count > 1;

    /// <inheritdoc/>
    public override string ToString() => Command;

    internal sealed class Converter() : NamedConverter<RunKind>(() => All, kind => kind.Command);
}
