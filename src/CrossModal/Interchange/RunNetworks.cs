using CrossModal.Audio;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Interchange;

/// <summary>The networks of one direction of a run, as others are given them, and the shapes of what they take and make.</summary>
internal sealed class RunNetworks : IDisposable
{
    private readonly ConditionEncoder _encoder;

    /// <param name="device">Must live longer.</param>
    /// <exception cref="Kernels.BadInputException">A checkpoint is missing or damaged.</exception>
    public RunNetworks(Device device, SavedRun saved, Direction direction)
    {
        var (run, folder) = saved;
        Direction = direction;
        Model = CrossModalGenerator.Of(direction, run.Model);
        ClassCount = run.Classes.Count;
        Prefix = run.Kind.HasBothDirections ? $"{NameOf(direction)}-" : "";
        _encoder = ConditionEncoder.Load(device, run, folder, direction);
        Generator = saved.LoadGenerator(device, direction);
        Discriminator = saved.LoadDiscriminator(device);
        Judge = saved.LoadJudge(device, direction);
    }

    public Direction Direction { get; }

    /// <summary>Sizes of the generator.</summary>
    public ModelSettings Model { get; }

    public int ClassCount { get; }

    /// <summary>What the names of files begin with: nothing, but where a run has both directions.</summary>
    public string Prefix { get; }

    public ConditionEncoder Encoder => _encoder;

    public Generator Generator { get; }

    /// <summary>Null for a run of both directions, whose discriminators take other pairs than a sample and a code.</summary>
    public Discriminator? Discriminator { get; }

    public Classifier Judge { get; }

    /// <summary>How sounds are laid out that the encoder hears, or that the generator makes.</summary>
    public LogMelLayout Layout => Direction == Direction.SoundToImage ? _encoder.Layout : Model.Spectrogram;

    /// <summary>What is made and what it is made of, in a word: <c>image</c> or <c>spectrogram</c>.</summary>
    public (string Sample, string Condition) Words =>
        Direction == Direction.SoundToImage ? ("image", "spectrogram") : ("spectrogram", "image");

    /// <summary>[channels, height, width] of one sample.</summary>
    public Shape Sample => new(Model.Channels, Model.ImageSize, Model.ImageSize);

    /// <summary>[channels, height, width] of one condition.</summary>
    public Shape Condition => Direction == Direction.SoundToImage ? new(1, Layout.Frames, Layout.Mels)
        : new(ModelSettings.Colors, Model.ImageSize, Model.ImageSize);

    /// <summary>The tensors of each network, without those that only training needs.</summary>
    public IEnumerable<(string Name, IEnumerable<InferenceWeight> Weights)> Weights
    {
        get
        {
            yield return ("generator", InferenceWeights.Of(Generator));
            yield return ("encoder", EncoderWeights());
            yield return ("judge", InferenceWeights.Of(Judge));
            if (Discriminator is not null)
                yield return ("discriminator", InferenceWeights.Of(Discriminator));
        }
    }

    /// <summary>A direction in a name of a file.</summary>
    public static string NameOf(Direction direction) => direction == Direction.SoundToImage ? "sound-to-image" : "image-to-sound";

    public void Dispose()
    {
        _encoder.Dispose();
        Generator.Dispose();
        Discriminator?.Dispose();
        Judge.Dispose();
    }

    private IEnumerable<InferenceWeight> EncoderWeights()
    {
        if (_encoder.Network is not CrossModalGenerator both)
            return InferenceWeights.Of(_encoder.Network).Where(weight => !weight.Name.StartsWith("decoder.", StringComparison.Ordinal));
        var head = both.Classes is null ? []
            : InferenceWeights.Of(both.Classes).Select(weight => weight with { Name = $"code_classes.{weight.Name}" });
        return InferenceWeights.Of(both.EncoderOf(Direction)).Concat(head);
    }
}
