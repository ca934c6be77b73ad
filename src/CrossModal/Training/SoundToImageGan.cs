using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Training;

/// <summary>What a step's losses and scores were; scores are probabilities of being real and belonging together.</summary>
public readonly record struct GanScores(float DiscriminatorLoss, float GeneratorLoss, float Real, float Wrong, float Fake)
{
    public bool IsFinite => float.IsFinite(DiscriminatorLoss) && float.IsFinite(GeneratorLoss);
}

/// <summary>
/// Generator, discriminator, their optimisers and one GAN-CLS step (Reed et al. 2016; Chen et al. 2017): the discriminator minimises
/// −log S_r − (log(1 − S_w) + log(1 − S_f)) / 2 over real, wrong and fake images, the generator −log S_f.
/// The first step is captured, the following ones repeat it without building anything.
/// </summary>
public sealed class SoundToImageGan : IDisposable
{
    /// <summary>Streams of random numbers of one seed, one a purpose.</summary>
    private const ulong WeightStream = 1, NoiseStream = 2;

    private readonly ModelConfiguration _model;
    private readonly RandomStream _weights;
    private readonly Discriminator _discriminator;
    private readonly Adam _generatorAdam, _discriminatorAdam;
    private readonly ExponentialMovingAverage? _average;
    private readonly Generator _sampler;
    private readonly Tensor _real, _wrong, _code, _scores;
    private readonly double _modeSeeking;
    private readonly Readback[] _readbacks;
    private CapturedStep? _step;
    private long _begun, _finished;

    /// <summary>How many steps the generator has made, for the moving average; null until it is asked for after a checkpoint may have been loaded.</summary>
    private long? _generatorSteps;

    public SoundToImageGan(Device device, ModelConfiguration model, GanSettings settings, ulong seed)
    {
        (Device, _model, Batch, _modeSeeking) = (device, model, settings.Batch, settings.ModeSeeking);
        _weights = new RandomStream(device, seed, WeightStream);
        Noise = new RandomStream(device, seed, NoiseStream);
        Generator = new Generator(_weights, model);
        _discriminator = new Discriminator(_weights, model);
        _sampler = new Generator(_weights, model) { Training = false };
        var options = new AdamOptions(settings.LearningRate, settings.Beta1, settings.Beta2);
        (_generatorAdam, _discriminatorAdam) = (new Adam(Generator, options), new Adam(_discriminator, options));
        _average = settings.Ema > 0 ? new ExponentialMovingAverage(Generator, settings.Ema) : null;
        var images = new Shape(Batch, model.ImageSize, model.ImageSize, ModelConfiguration.Colours);
        (_real, _wrong, _code) = (Tensor.Zeros(device, images), Tensor.Zeros(device, images), Tensor.Zeros(device, new Shape(Batch, model.CodeSize)));
        _scores = Tensor.Zeros(device, new Shape(5));
        _readbacks = [_scores.CreateReadback(), _scores.CreateReadback()];
    }

    public Device Device { get; }

    public int Batch { get; }

    public Generator Generator { get; }

    /// <summary>Where z is drawn from.</summary>
    public RandomStream Noise { get; }

    /// <summary>The captured step, once there is one.</summary>
    public CapturedStep? Captured => _step;

    /// <summary>False builds every step anew: slower, but an op that makes a NaN can then be caught (<see cref="Device.CheckFinite"/>).</summary>
    public bool Capture { get; init; } = true;

    public double LearningRate
    {
        set
        {
            if (value == _generatorAdam.LearningRate)
                return;
            _generatorAdam.LearningRate = value;
            _discriminatorAdam.LearningRate = value;
        }
    }

    /// <summary>Sets what the next steps train on: images [batch, size, size, 3] in [−1, 1], codes [batch, code].</summary>
    public void SetBatch(ReadOnlySpan<float> real, ReadOnlySpan<float> wrong, ReadOnlySpan<float> code)
    {
        _real.Write(real);
        _wrong.Write(wrong);
        _code.Write(code);
    }

    /// <summary>One step of the discriminator and one of the generator.</summary>
    public void Step()
    {
        if (_step is not null)
            _step.Replay();
        else if (Capture)
            _step = Device.Capture(Compute);
        else
        {
            using var scope = new Scope();
            Compute();
        }

        // Not captured, because its decay grows over the first steps; the count is the optimiser's, so that a loaded checkpoint goes on where it was.
        // It is kept here, since reading it back would wait for the device.
        _generatorSteps = _generatorSteps is { } steps ? steps + 1 : _generatorAdam.Steps;
        _average?.Update(_average.DecayAt(_generatorSteps.Value));
    }

    /// <summary>The last step's losses; waits for it.</summary>
    public GanScores ReadScores()
    {
        Span<float> scores = stackalloc float[5];
        _scores.Read(scores);
        return ToScores(scores);
    }

    /// <summary>Begins to read the losses of the step that was asked for last; returns at once. At most two may be on their way.</summary>
    public void BeginReadScores()
    {
        if (_begun - _finished == _readbacks.Length)
            throw new InvalidOperationException("scores of two steps are on their way already");
        _readbacks[_begun++ % _readbacks.Length].Begin(_scores.Array);
    }

    /// <summary>The losses of the earliest step whose reading was begun; waits for that step alone.</summary>
    public GanScores FinishReadScores() => _finished < _begun
        ? ToScores(MemoryMarshal.Cast<byte, float>(_readbacks[_finished++ % _readbacks.Length].Wait()))
        : throw new InvalidOperationException("no reading of scores was begun");

    /// <summary>Whether no weight and no running statistic is a NaN or an infinity; reads them all back.</summary>
    public bool HasFiniteWeights() => Generator.State.Concat(_discriminator.State).All(named => named.Tensor.ToFloats().All(float.IsFinite));

    /// <summary>Makes the averaged weights (or the present ones, where none are averaged) those that <see cref="Sample"/> uses.</summary>
    public void UpdateSampler()
    {
        if (_average is not null)
            _average.CopyTo(_sampler);
        else
            _sampler.CopyFrom(Generator);
    }

    /// <summary>Images [batch, size, size, 3] for codes [batch, code] and noise [batch, noise], with running statistics: each image stands for itself.</summary>
    public Tensor Sample(Tensor code, Tensor noise)
    {
        using var pause = Tape.Paused();
        return _sampler.Forward(code, noise);
    }

    /// <summary>All that a resumed run needs: weights, average, both optimisers, the position of the noise.</summary>
    public Checkpoint CreateCheckpoint()
    {
        _generatorSteps = null;
        var checkpoint = new Checkpoint()
            .Add("generator", Generator).Add("discriminator", _discriminator)
            .Add("optimizer.generator", _generatorAdam).Add("optimizer.discriminator", _discriminatorAdam)
            .Add("random.noise", Noise);
        if (_average is not null)
            checkpoint.Add("ema", _average);
        return checkpoint;
    }

    public void Dispose()
    {
        _step?.Dispose();
        foreach (var part in new IDisposable?[] { _readbacks[0], _readbacks[1], Generator, _discriminator, _sampler, _generatorAdam, _discriminatorAdam, _average, _weights, Noise, _real, _wrong, _code, _scores })
            part?.Dispose();
    }

    private void Compute()
    {
        var noise = Noise.Normal(new Shape(Batch, _model.NoiseSize));
        var fake = Generator.Forward(_code, noise);

        // The fake images cost one pass for both players: the discriminator sees them cut off from their recipe.
        var images = Tensor.Concatenate(0, _real, _wrong, fake.Detach());
        var logits = _discriminator.Forward(images, Tensor.Concatenate(0, _code, _code, _code), groups: 3);
        var (real, wrong, unreal) = (logits.Slice(0, 0, Batch), logits.Slice(0, Batch, Batch), logits.Slice(0, 2 * Batch, Batch));
        var discriminatorLoss = Losses.BinaryCrossEntropyWithLogits(real, 1)
            + (Losses.BinaryCrossEntropyWithLogits(wrong, 0) + Losses.BinaryCrossEntropyWithLogits(unreal, 0)) * 0.5;
        Tensor[] scores = [Score(real), Score(wrong), Score(unreal)];
        _discriminatorAdam.Step(Tape.Gradients(discriminatorLoss, _discriminator.Parameters));

        var generatorLoss = Losses.BinaryCrossEntropyWithLogits(_discriminator.Forward(fake, _code), 1);
        var total = _modeSeeking > 0 ? generatorLoss + ModeSeekingLoss(fake, noise) * _modeSeeking : generatorLoss;
        generatorLoss = generatorLoss.Detach();
        _generatorAdam.Step(Tape.Gradients(total, Generator.Parameters));

        using var pause = Tape.Paused();
        _scores.CopyFrom(Tensor.Concatenate(0, [discriminatorLoss.Reshape(1), generatorLoss.Reshape(1), .. scores]));
    }

    /// <summary>
    /// How near two images of the same sound lie for the distance of their noises (Mao et al. 2019, the mode-seeking term): mean |z₁ − z₂| / mean |x₁ − x₂|. Small when noise makes a difference.
    /// </summary>
    private Tensor ModeSeekingLoss(Tensor fake, Tensor noise)
    {
        var otherNoise = Noise.Normal(noise.Shape);
        var other = Generator.Forward(_code, otherNoise);
        return (noise - otherNoise).Abs().Mean() / ((fake - other).Abs().Mean() + 1e-5);
    }

    private static GanScores ToScores(ReadOnlySpan<float> scores) => new(scores[0], scores[1], scores[2], scores[3], scores[4]);

    private static Tensor Score(Tensor logits)
    {
        using var pause = Tape.Paused();
        return logits.Sigmoid().Mean().Reshape(1);
    }
}
