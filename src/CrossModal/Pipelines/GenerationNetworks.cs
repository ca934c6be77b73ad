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

    /// <summary>Samples of one condition, [count, …], each from noise of its own.</summary>
    /// <exception cref="NonFiniteException">A code or a sample is not finite.</exception>
    public Tensor Generate(Tensor condition, int count, ulong seed)
    {
        using var pause = Tape.Paused();
        var code = Finite.Require(_encoder.Encode(condition), _encoderName, "codes");
        var made = _generator.Forward(code.BroadcastTo(new Shape(count, _model.CodeSize)), Noise(count, seed));
        return Finite.Require(made, _generatorName, "samples");
    }

    /// <summary>Pictures [count, size, size, 3] of windows of sound, one after another, all from the noise of one seed.</summary>
    /// <param name="windows">count × 22050 samples at 44.1 kHz.</param>
    /// <exception cref="NonFiniteException">A code or a sample is not finite.</exception>
    public Tensor Follow(float[] windows, ulong seed)
    {
        using var pause = Tape.Paused();
        var count = windows.Length / LogMelSpectrogram.Samples;
        var spectrograms = _frontEnd!.Compute(Tensor.From(_device, new Shape(count, LogMelSpectrogram.Samples), windows));
        var codes = Finite.Require(_encoder.Encode(spectrograms), _encoderName, "codes");
        var made = _generator.Forward(codes, Noise(1, seed).BroadcastTo(new Shape(count, _model.NoiseSize)));
        return Finite.Require(made, _generatorName, "samples");
    }

    /// <summary>Sounds of 22050 samples, one after another.</summary>
    public float[] Invert(Tensor spectrograms, ulong seed) =>
        Finite.Require(_inversion!.Compute(spectrograms, seed).ToArray(), _generatorName, "sounds");

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
