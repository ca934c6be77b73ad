using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>What a run's encoder makes of a window of sound.</summary>
/// <param name="Code">φ(A), one number for each of the code's size.</param>
/// <param name="Spectrogram">Frames × mels, values in [−1, 1].</param>
/// <param name="Named">The instrument that it hears; null where it was trained without names.</param>
internal sealed record HeardWindow(float[] Code, float[] Spectrogram, Recognition? Named);

/// <summary>A picture of a code and a noise, and what the run's other networks say of it.</summary>
/// <param name="Score">The probability, by the discriminator, that it is real and belongs to the code; null for a run whose discriminators
/// take other pairs.</param>
/// <param name="Seen">What the judge names it.</param>
internal sealed record DrawnPicture(RgbImage Image, float? Score, Recognition Seen);

/// <summary>
/// The networks of a run that draws pictures of sounds, taken apart: a window of sound to its code, a code and a noise to a picture. So
/// sound and noise can be changed by themselves, many times a second. Not for several threads at once.
/// </summary>
internal sealed class LiveRun : IDisposable
{
    private readonly Device _device;
    private readonly RunSettings _run;
    private readonly ConditionEncoder _encoder;
    private readonly Generator _generator;
    private readonly Discriminator? _discriminator;
    private readonly Classifier _judge;
    private readonly LogMelSpectrogram _frontEnd;

    /// <param name="device">Must live longer.</param>
    /// <param name="saved">A run that draws pictures of sounds.</param>
    /// <exception cref="BadInputException">A checkpoint is missing or damaged.</exception>
    public LiveRun(Device device, SavedRun saved)
    {
        saved.Require(RunKind.All.Where(kind => kind.Directions.Contains(Direction.SoundToImage)));
        (_device, _run) = (device, saved.Run);
        _encoder = ConditionEncoder.Load(device, saved.Run, saved.Folder, Direction.SoundToImage);
        _generator = saved.LoadGenerator(device, Direction.SoundToImage);
        _frontEnd = new LogMelSpectrogram(device, _encoder.Layout);
        _judge = saved.LoadJudge(device, Direction.SoundToImage);
        _discriminator = saved.LoadDiscriminator(device);
    }

    public IReadOnlyList<string> Classes => _run.Classes;

    public LogMelLayout Layout => _encoder.Layout;

    public int CodeSize => _run.Model.CodeSize;

    public int NoiseSize => _run.Model.NoiseSize;

    public int ImageSize => _run.Model.ImageSize;

    public Device Device => _device;

    /// <summary>Null for a run whose discriminators take other pairs than a picture and a code.</summary>
    public Discriminator? Discriminator => _discriminator;

    /// <summary>The networks in the order of computation.</summary>
    public IReadOnlyList<(string Name, Module Module)> Networks
    {
        get
        {
            List<(string, Module)> networks = [("encoder", _encoder.Network), ("generator", _generator)];
            if (_discriminator is not null)
                networks.Add(("discriminator", _discriminator));
            return [.. networks, ("judge", _judge)];
        }
    }

    /// <summary>The spectrogram of a window, [1, frames, mels, 1].</summary>
    /// <exception cref="BadInputException">A sample is not finite, or far beyond full scale.</exception>
    public Tensor Spectrogram(float[] window) =>
        _frontEnd.Compute(Tensor.From(_device, [1, LogMelSpectrogram.Samples], FullScale.Limited(window, "the sound")));

    /// <summary>The code of a spectrogram, which a network's taps see the making of.</summary>
    public float[] Encode(Tensor spectrogram)
    {
        using var scope = new Scope();
        return Finite.Require(_encoder.Encode(spectrogram).ToArray(), "the encoder", "codes");
    }

    /// <summary>The pictures [batch, size, size, 3] of spectrograms with one noise, differentiable by them.</summary>
    public Tensor Picture(Tensor spectrograms, float[] noise) => _generator.Forward(_encoder.EncodeOnTape(spectrograms),
        GivenNoise.On(_device, _run.Model, noise).BroadcastTo([spectrograms.Shape[0], NoiseSize]));

    /// <summary>Hears a window of 22050 samples at 44.1 kHz, as it is.</summary>
    public HeardWindow Hear(float[] window)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var spectrogram = Spectrogram(window);
        return new HeardWindow(Encode(spectrogram), spectrogram.ToArray(),
            _encoder.Classify is { } classify ? Naming.Of(classify(spectrogram), _run.Classes, "the encoder") : null);
    }

    /// <summary>Draws the picture of a code and a noise.</summary>
    /// <exception cref="BadInputException">They have other lengths than the run's, or a number that is not finite.</exception>
    public DrawnPicture Draw(float[] code, float[] noise)
    {
        if (code.Length != CodeSize || !code.All(float.IsFinite))
            throw new BadInputException($"a code has {CodeSize} finite numbers in this run");
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var given = Tensor.From(_device, new Shape(1, CodeSize), code);
        var picture = Finite.Require(_generator.Forward(given, GivenNoise.On(_device, _run.Model, noise)), "the generator", "samples");
        var score = _discriminator?.Forward(picture, given).Sigmoid().ToArray()[0];
        return new DrawnPicture(SamplePicture.OfBatch(picture)[0], score,
            Naming.Of(_judge.Examine(picture).Logits, _run.Classes, "the judge"));
    }

    public void Dispose()
    {
        _encoder.Dispose();
        _generator.Dispose();
        _discriminator?.Dispose();
        _judge.Dispose();
        _frontEnd.Dispose();
    }
}
