using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>The encoder and the generator of one direction of a run, with what stands before or behind them.</summary>
internal sealed class GenerationNetworks : IDisposable
{
    /// <summary>The loudest sample of a sound that is made: what a spectrogram asks beyond it would be clipped.</summary>
    internal const float Loudest = 0.999f;

    private readonly Device _device;
    private readonly ModelSettings _model;
    private readonly string _encoderName, _generatorName;
    private readonly ConditionEncoder _encoder;
    private readonly Generator _generator;
    private readonly LogMelSpectrogram? _frontEnd;
    private readonly SpectrogramInversion? _inversion;

    public GenerationNetworks(Device device, SavedRun saved, Direction direction)
    {
        var (run, folder) = saved;
        (_device, _model) = (device, run.Model);
        (_encoderName, _generatorName) = ($"the encoder in {folder.EncoderOf(run)}", $"the generator in {folder.Last}");
        _encoder = ConditionEncoder.Load(device, run, folder, direction);
        _generator = saved.LoadGenerator(device, direction);
        if (direction == Direction.SoundToImage)
            _frontEnd = new LogMelSpectrogram(device, _encoder.Layout);
        else
            _inversion = new SpectrogramInversion(device, run.Model.Spectrogram);
    }

    /// <summary>The spectrogram of the loudest half second, [1, frames, mels, 1].</summary>
    public Tensor Spectrogram(AudioClip sound)
    {
        using var pause = Tape.Paused();
        return _frontEnd!.Compute(Tensor.From(_device, new Shape(1, LogMelSpectrogram.Samples), SoundWindow.LoudestOf(sound)));
    }

    /// <summary>The middle square with values in [−1, 1], [1, size, size, 3].</summary>
    public Tensor Picture(RgbImage image) =>
        Tensor.From(_device, new Shape(1, _model.ImageSize, _model.ImageSize, ModelSettings.Colors),
            Array.ConvertAll(image.Square(_model.ImageSize).Pixels, value => value / 127.5f - 1));

    public Recognition? Name(Tensor example, IReadOnlyList<string> classes)
    {
        if (_encoder.Classify is not { } classify)
            return null;
        using var pause = Tape.Paused();
        return Naming.Of(classify(example), classes, _encoderName);
    }

    /// <summary>Codes [batch, code] of conditions.</summary>
    /// <exception cref="NonFiniteException">A code is not finite.</exception>
    public Tensor Encode(Tensor conditions)
    {
        using var pause = Tape.Paused();
        return Finite.Require(_encoder.Encode(conditions), _encoderName, "codes");
    }

    /// <summary>Samples [batch, …] of codes [batch, code] and noise [batch, noise].</summary>
    /// <exception cref="NonFiniteException">A sample is not finite.</exception>
    public Tensor Make(Tensor codes, Tensor noise)
    {
        using var pause = Tape.Paused();
        return Finite.Require(_generator.Forward(codes, noise), _generatorName, "samples");
    }

    /// <summary>Samples of one condition, [count, …], each from noise of its own.</summary>
    /// <exception cref="NonFiniteException">A code or a sample is not finite.</exception>
    public Tensor Generate(Tensor condition, int count, ulong seed) =>
        Make(Encode(condition).BroadcastTo(new Shape(count, _model.CodeSize)), Noise(count, seed));

    /// <summary>Pictures [count, size, size, 3] of windows of sound, one after another, all from the noise of one seed.</summary>
    /// <param name="windows">count × 22050 samples at 44.1 kHz.</param>
    /// <exception cref="NonFiniteException">A code or a sample is not finite.</exception>
    public Tensor Follow(float[] windows, ulong seed)
    {
        using var pause = Tape.Paused();
        var count = windows.Length / LogMelSpectrogram.Samples;
        var spectrograms = _frontEnd!.Compute(Tensor.From(_device, new Shape(count, LogMelSpectrogram.Samples), windows));
        return Make(Encode(spectrograms), Noise(1, seed).BroadcastTo(new Shape(count, _model.NoiseSize)));
    }

    /// <summary>The sounds of spectrograms, each of 22050 samples and as loud as a file can hold, at most.</summary>
    /// <exception cref="NonFiniteException">A sample is not finite.</exception>
    public float[][] Invert(Tensor spectrograms, ulong seed) =>
    [
        .. Finite.Require(_inversion!.Compute(spectrograms, seed).ToArray(), _generatorName, "sounds")
            .Chunk(LogMelSpectrogram.Samples).Select(Limited),
    ];

    private static float[] Limited(float[] sound)
    {
        var peak = sound.Max(MathF.Abs);
        return peak <= Loudest ? sound : Array.ConvertAll(sound, sample => sample * (Loudest / peak));
    }

    /// <summary>[count, noise] normal numbers; the first rows of a seed do not depend on how many there are.</summary>
    private Tensor Noise(int count, ulong seed)
    {
        var random = new CountedRandom(seed, RandomStreams.Generation);
        var noise = new float[count * _model.NoiseSize];
        for (var i = 0; i < noise.Length; i++)
            noise[i] = random.NextNormal();
        return Tensor.From(_device, new Shape(count, _model.NoiseSize), noise);
    }

    public void Dispose()
    {
        _encoder.Dispose();
        _generator.Dispose();
        _frontEnd?.Dispose();
        _inversion?.Dispose();
    }
}
