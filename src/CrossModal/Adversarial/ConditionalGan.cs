using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Adversarial;

/// <summary>
/// Generator, discriminator, their optimizers and one GAN-CLS step (Reed et al. 2016; Chen et al. 2017), from a code to an image or to a
/// spectrogram. The loss is the paper's or another <see cref="AdversarialLoss"/>; what else <see cref="GanSettings"/> asks for is added to
/// it. The first step is captured, the following ones repeat it without building anything; a step with the gradient penalty is captured by
/// itself.
/// </summary>
internal sealed class ConditionalGan : IAdversarialModel
{
    /// <summary>Streams of random numbers of one seed, one a purpose.</summary>
    private const ulong WeightStream = 1, NoiseStream = 2, AugmentStream = 3;

    private readonly ModelConfiguration _model;
    private readonly GanSettings _settings;
    private readonly RandomStream _weights;
    private readonly RandomStream? _augmentations;
    private readonly DifferentiableAugmentation? _augmentation;
    private readonly Discriminator _discriminator;
    private readonly Generator _sampler;
    private readonly AdversarialPlayers _players;
    private readonly Tensor _real, _code, _labels;
    private readonly Tensor? _wrong, _within;
    private readonly ScoreReadback _scores;
    private CapturedStep? _step, _penalizedStep;

    public ConditionalGan(Device device, ModelConfiguration model, GanSettings settings, ulong seed)
    {
        (Device, _model, _settings, Batch) = (device, model, settings, settings.Batch);
        _weights = new RandomStream(device, seed, WeightStream);
        Noise = new RandomStream(device, seed, NoiseStream);
        Generator = new Generator(_weights, model);
        _discriminator = new Discriminator(_weights, model);
        _sampler = new Generator(_weights, model);
        _players = new AdversarialPlayers(Generator, _discriminator, _sampler, settings);
        if (settings.Augment)
        {
            _augmentations = new RandomStream(device, seed, AugmentStream);

            // A spectrogram is moved along its time only: at another frequency it would be another note. Its levels are left, because they
            // mean loudness.
            _augmentation = model.Channels == 1
                ? new DifferentiableAugmentation(model.ImageSize, model.ImageSize, 1,
                    AugmentationPolicy.Translation | AugmentationPolicy.Cutout, TranslationAxes.Rows)
                : new DifferentiableAugmentation(model.ImageSize, model.ImageSize, model.Channels);
        }

        var images = new Shape(Batch, model.ImageSize, model.ImageSize, model.Channels);
        (_real, _code) = (Tensor.Zeros(device, images), Tensor.Zeros(device, new Shape(Batch, model.CodeSize)));
        _wrong = settings.WrongPairs ? Tensor.Zeros(device, images) : null;
        _within = model.CodeHead ? Tensor.Zeros(device, _code.Shape) : null;
        _labels = Tensor.From(device, new Shape(Batch), new int[Batch]);
        _scores = new ScoreReadback(device);
    }

    public Device Device { get; }

    public int Batch { get; }

    public Generator Generator { get; }

    /// <summary>Where z is drawn from.</summary>
    public RandomStream Noise { get; }

    /// <summary>The captured step, once there is one.</summary>
    public CapturedStep? Captured => _step;

    /// <summary>
    /// False builds every step anew: slower, but an op that makes a NaN can then be caught (<see cref="Device.CheckFinite"/>).
    /// </summary>
    public bool Capture { get; init; } = true;

    /// <inheritdoc/>
    public double LearningRate
    {
        set => _players.LearningRate = value;
    }

    /// <summary>
    /// Sets what the next steps train on: images or spectrograms [batch, size, size, channels] in [−1, 1], codes [batch, code].
    /// </summary>
    /// <param name="wrong">Left aside where there are no wrong pairs.</param>
    /// <param name="labels">The classes of the real samples, for the auxiliary head; needed only with one.</param>
    /// <param name="within">What the codes say beside their classes (<see cref="ConditionCodes.WithinClasses"/>), for the head
    /// of the code; needed only with one.</param>
    public void SetBatch(ReadOnlySpan<float> real, ReadOnlySpan<float> wrong, ReadOnlySpan<float> code, ReadOnlySpan<int> labels = default,
        ReadOnlySpan<float> within = default)
    {
        _real.Write(real);
        _wrong?.Write(wrong);
        _code.Write(code);
        if (_model.AuxiliaryClasses > 0)
            _labels.Write(labels);
        _within?.Write(within);
    }

    /// <inheritdoc/>
    public void Step() => _players.Step(() =>
    {
        var penalized = _settings.R1 > 0 && _players.Steps % _settings.R1Every == 0;
        ref var step = ref penalized ? ref _penalizedStep : ref _step;
        if (step is not null)
            step.Replay();
        else if (Capture)
            step = Device.Capture(() => Compute(penalized));
        else
        {
            using var scope = new Scope();
            Compute(penalized);
        }
    });

    /// <summary>The last step's losses; waits for it.</summary>
    public GanScores ReadScores() => _scores.Read();

    /// <inheritdoc/>
    public void BeginReadScores() => _scores.Begin();

    /// <inheritdoc/>
    public GanScores FinishReadScores() => _scores.Finish();

    /// <inheritdoc/>
    public bool HasFiniteWeights() => _players.HaveFiniteWeights();

    /// <inheritdoc/>
    public void UpdateSampler() => _players.UpdateSampler();

    /// <summary>
    /// Samples [batch, size, size, channels] for codes [batch, code] and noise [batch, noise], with running statistics: each stands for
    /// itself.
    /// </summary>
    public Tensor Sample(Tensor code, Tensor noise)
    {
        using var pause = Tape.Paused();
        return _sampler.Forward(code, noise);
    }

    /// <inheritdoc/>
    public Checkpoint CreateCheckpoint()
    {
        var checkpoint = _players.CreateCheckpoint(Noise);
        if (_augmentations is not null)
            checkpoint.Add("random.augmentations", _augmentations);
        return checkpoint;
    }

    public void Dispose()
    {
        foreach (var part in new IDisposable?[] { _step, _penalizedStep, _players, _scores, _weights, Noise, _augmentations, _real, _wrong,
            _code, _labels, _within })
            part?.Dispose();
    }

    private void Compute(bool penalized)
    {
        var noise = Noise.Normal(new Shape(Batch, _model.NoiseSize));
        var fake = Generator.Forward(_code, noise);

        // The fakes cost one pass for both players: the discriminator sees them cut off from their recipe.
        Tensor[] parts = _wrong is null ? [_real, fake.Detach()] : [_real, _wrong, fake.Detach()];
        var (logits, classes, codes) = Discriminate(Tensor.Concatenate(0, parts), Tensor.Concatenate(0, [.. parts.Select(_ => _code)]),
            parts.Length);
        var (real, unreal) = (Part(logits, 0), Part(logits, parts.Length - 1));
        var wrong = _wrong is null ? null : Part(logits, 1);
        var discriminatorLoss = AdversarialLosses.Discriminator(_settings.Loss, real, wrong, unreal, _settings.RealTarget);
        var total = discriminatorLoss;
        if (classes is not null)
            total += Losses.SoftmaxCrossEntropy(Part(classes, 0), _labels) * _settings.Auxiliary;
        if (codes is not null)
            total += CodeHeadLoss(Part(codes, 0), Part(codes, parts.Length - 1)) * _settings.CodeHead;
        var shown = codes is null ? null : Part(codes, 0).Detach();
        if (penalized)
            total += GradientPenalty() * (_settings.R1 / 2 * _settings.R1Every);
        var wrongScore = wrong is null ? Tensor.Full(Device, new Shape(1), double.NaN) : AdversarialLosses.Score(wrong);
        var (realScore, fakeScore) = (AdversarialLosses.Score(real), AdversarialLosses.Score(unreal));
        discriminatorLoss = discriminatorLoss.Detach();
        _players.StepDiscriminator(total);

        var (verdict, names, seen) = Discriminate(fake, _code, 1);
        var generatorLoss = AdversarialLosses.Generator(_settings.Loss, verdict);
        total = generatorLoss;
        if (names is not null)
            total += Losses.SoftmaxCrossEntropy(names, _labels) * _settings.Auxiliary;
        if (seen is not null)
            total += Losses.MeanSquaredError(seen, shown!) * _settings.CodeHead;
        if (_settings.ModeSeeking > 0)
        {
            var otherNoise = Noise.Normal(noise.Shape);
            total += AdversarialLosses.ModeSeeking(fake, noise, Generator.Forward(_code, otherNoise), otherNoise) * _settings.ModeSeeking;
        }

        generatorLoss = generatorLoss.Detach();
        _players.StepGenerator(total);
        _scores.Write(discriminatorLoss, generatorLoss, realScore, wrongScore, fakeScore);

        Tensor Part(Tensor batch, int part) => batch.Slice(0, part * Batch, Batch);
    }

    /// <summary>
    /// The head of the code is a discriminator of its own (as the auxiliary classifier of Hou et al. 2022 is): in real samples it is to
    /// find what their codes say, in generated ones nothing. A trace of the code that only generated samples have is worth nothing then,
    /// and the generator has to show the code where real samples do.
    /// </summary>
    private Tensor CodeHeadLoss(Tensor inReal, Tensor inGenerated) =>
        Losses.MeanSquaredError(inReal, _within!) + inGenerated.Square().Mean();

    /// <summary>
    /// The discriminator's view of samples, each changed by random numbers of its own where augmentation is on: real, wrong and fake alike.
    /// </summary>
    private (Tensor Scores, Tensor? Classes, Tensor? Codes) Discriminate(Tensor samples, Tensor code, int groups)
    {
        if (_augmentation is not null)
            samples = _augmentation.Draw(_augmentations!, samples.Shape[0]).Apply(samples);
        return _discriminator.ForwardWithHeads(samples, code, groups);
    }

    /// <summary>‖∂D/∂x‖² at real samples, the mean (R1, Mescheder et al. 2018).</summary>
    private Tensor GradientPenalty()
    {
        var real = _real.Detach();
        real.RequiresGradient = true;
        return Losses.GradientPenaltyR1(_discriminator.Forward(real, _code), real);
    }
}
