using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Imaging;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>Examples to be read one at a time: what goes in, its class, and perhaps numbers to be regressed.</summary>
/// <param name="Shape">Of one example.</param>
/// <param name="Label">The class of example i.</param>
/// <param name="Read">Writes example i.</param>
internal sealed record ExampleSet(int Count, Shape Shape, Func<int, int> Label, ExampleReader Read)
{
    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>How example i is called; nothing where that is not known.</summary>
    public Func<int, string> Name { get; init; } = _ => "";

    /// <summary>The song that example i was cut from, a number of its own within its class; null where that is not known.</summary>
    public Func<int, int>? Song { get; init; }

    /// <summary>How many numbers <see cref="ReadTargets"/> gives of an example; 0: none.</summary>
    public int TargetCount { get; init; }

    public TargetReader? ReadTargets { get; init; }

    /// <summary>Example i as a picture: an image, or a spectrogram as an image of one channel.</summary>
    public RgbImage Picture(int i)
    {
        var values = new float[Shape.Count];
        Read(i, values);
        return SamplePicture.Of(values, Shape);
    }

    /// <summary>The images of a split and their classes.</summary>
    public static ExampleSet Images(PairSplit split) =>
        new(split.ImageCount, new Shape(split.ImageSize, split.ImageSize, ModelSettings.Colors), split.ImageClass,
            split.ReadImage)
        {
            Name = split.ImageName,
            Song = split.ImageSong,
        };

    /// <summary>The spectrograms of a split's sounds and their classes.</summary>
    public static ExampleSet Sounds(PairSplit split, FeatureFile spectrograms, LogMelLayout layout) =>
        new(split.SoundCount, new Shape(layout.Frames, layout.Mels, 1), split.SoundClass, (i, destination) =>
            spectrograms.Read(i, destination))
        {
            Name = split.SoundName,
            Song = split.Song,
        };
}

internal delegate void ExampleReader(int index, Span<float> destination);

/// <summary>
/// Writes the numbers that are to be told of example <paramref name="index"/>, and how much each counts: 0 where it is not known.
/// </summary>
internal delegate void TargetReader(int index, Span<float> targets, Span<float> weights);

/// <summary>What a loss is computed from, on the device.</summary>
/// <param name="Input">Augmented examples [batch, …].</param>
/// <param name="Labels">Their classes, int32 [batch].</param>
/// <param name="Targets">[batch, targets], or null where the set has none.</param>
/// <param name="Weights">How much each target counts, shaped likewise.</param>
internal sealed record ExampleBatch(Tensor Input, Tensor Labels, Tensor? Targets, Tensor? Weights);
