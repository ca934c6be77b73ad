using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Adversarial;

/// <summary>
/// GAN-CLS (Reed et al. 2016; Chen et al. 2017): from a code to an image or to a spectrogram, with real samples of other conditions as
/// wrong pairs. The loss is the paper's or another <see cref="AdversarialLoss"/>; what else <see cref="GanSettings"/> asks for is added.
/// </summary>
internal sealed class ConditionalGan : AdversarialModel
{
    /// <summary>
    /// Of a nat beside the mean absolute difference, where black to white is 2: so much that what is told of a sample stays within the
    /// noise that samples are drawn with, and so little that it tells of player and background.
    /// </summary>
    private const double DivergenceWeight = 1e-3;

    /// <summary>Of what the discriminator says of reconstructions, beside what it says of samples.</summary>
    private const double JudgedBackWeight = 0.5;

    private readonly ModelSettings _model;
    private readonly RandomStream? _augmentations;
    private readonly DifferentiableAugmentation? _augmentation;
    private readonly Tensor _real, _code, _labels;
    private readonly Tensor? _wrong, _within;

    /// <summary>
    /// What the discriminator sees in its turn: real, wrong and generated samples one behind the other, and for each the code it is judged
    /// by. The first of them are what a batch is written into; so only the generated ones are copied.
    /// </summary>
    private readonly Tensor _samples, _codes;

    /// <summary>The codes as often as <see cref="_codes"/> has them.</summary>
    private readonly float[] _codeRows;

    /// <param name="device">Where it computes.</param>
    /// <param name="model">Sizes of the networks.</param>
    /// <param name="settings">How they are trained.</param>
    /// <param name="seed">Of weights and noise.</param>
    public ConditionalGan(Device device, ModelSettings model, GanSettings settings, ulong seed)
        : base(device, settings, seed, random => new Generator(random, model), random => new Discriminator(random, model),
            JudgedPairs.Of(device, settings, fakes: 1))
    {
        _model = model;
        if (settings.Augment)
        {
            _augmentations = Own(new RandomStream(device, seed, RandomStreams.GanAugmentations) { IsOfSamples = true });

            // A spectrogram is moved along its time only: at another frequency it would be another note. Its levels are left, because they
            // mean loudness.
            _augmentation = model.Channels == 1
                ? new DifferentiableAugmentation(model.ImageSize, model.ImageSize, 1,
                    AugmentationPolicy.Translation | AugmentationPolicy.Cutout, TranslationAxes.Rows)
                : new DifferentiableAugmentation(model.ImageSize, model.ImageSize, model.Channels);
        }

        if (settings.Vae > 0)
        {
            using var weights = new RandomStream(device, seed, RandomStreams.RecognitionWeights);
            Recognition = BesideGenerator("recognition", new RecognitionNetwork(weights, model));
        }

        var parts = settings.WrongPairs ? 3 : 2;
        _samples = Own(Tensor.Zeros(device, [parts * Batch, model.ImageSize, model.ImageSize, model.Channels]));
        _codes = Own(Tensor.Zeros(device, [parts * Batch, model.CodeSize]));
        _codeRows = new float[_codes.Count];
        (_real, _code) = (Own(Part(_samples, 0)), Own(Part(_codes, 0)));
        _wrong = settings.WrongPairs ? Own(Part(_samples, 1)) : null;
        _within = model.CodeHead ? Own(Tensor.Zeros(device, _code.Shape)) : null;
        _labels = Own(Tensor.From(device, new Shape(Batch), new int[Batch]));
    }

    /// <summary>The generator as it is trained.</summary>
    public Generator Generator => (Generator)TrainedGenerator;

    /// <summary>The discriminator as it is trained.</summary>
    public Discriminator Discriminator => (Discriminator)TrainedDiscriminator;

    /// <summary>What tells of real samples which noise draws them; null where nothing is reconstructed.</summary>
    public RecognitionNetwork? Recognition { get; }

    /// <summary>What the next steps train on: [batch, size, size, channels] twice, and codes [batch, code].</summary>
    public (Tensor Real, Tensor? Wrong, Tensor Code) Pairs => (_real, Wrong, _code);

    /// <summary>Null where there are no wrong pairs.</summary>
    private Tensor? Wrong => Settings.WrongPairs ? _wrong : null;

    /// <summary>
    /// Sets what the next steps train on: images or spectrograms [batch, size, size, channels] in [−1, 1], codes [batch, code].
    /// </summary>
    /// <param name="wrong">Left aside where there are no wrong pairs.</param>
    /// <param name="labels">The classes of the real samples, for the auxiliary head; needed only with one.</param>
    /// <param name="within">What the codes say beside their classes (<see cref="ConditionCodes.WithinClasses"/>), for the head of the code;
    /// needed only with one.</param>
    public void SetBatch(ReadOnlySpan<float> real, ReadOnlySpan<float> wrong, ReadOnlySpan<float> code, ReadOnlySpan<int> labels = default,
        ReadOnlySpan<float> within = default)
    {
        _real.Write(real);
        _wrong?.Write(wrong);
        if (code.Length != _code.Count)
            throw new ShapeException($"a batch has {code.Length} numbers of codes, and {_code.Shape} holds {_code.Count}");
        for (var start = 0; start < _codeRows.Length; start += code.Length)
            code.CopyTo(_codeRows.AsSpan(start));
        _codes.Write(_codeRows);
        if (_model.AuxiliaryClasses > 0)
            _labels.Write(labels);
        _within?.Write(within);
    }

    /// <summary>
    /// Samples [batch, size, size, channels] for codes [batch, code] and noise [batch, noise], with running statistics: each stands for
    /// itself.
    /// </summary>
    public Tensor Sample(Tensor code, Tensor noise)
    {
        using var pause = Tape.Paused();
        return ((Generator)SamplingGenerator).Forward(code, noise);
    }

    /// <inheritdoc/>
    public override Checkpoint CreateCheckpoint()
    {
        var checkpoint = base.CreateCheckpoint();
        if (_augmentations is not null)
            checkpoint.Add("random.augmentations", _augmentations);
        return checkpoint;
    }

    protected override ScoreTensors Compute(bool penalized)
    {
        var noise = DrawNoise(_model.NoiseSize);
        var fake = Generator.Forward(_code, noise);

        // The fakes cost one pass for both players: the discriminator sees them cut off from their recipe.
        var parts = Wrong is null ? 2 : 3;
        Part(_samples, parts - 1).CopyFrom(fake);
        var (logits, classes, codes) = Discriminate(Part(_samples, 0, parts), Part(_codes, 0, parts), parts);
        var judgement = Settings.Loss.Judge(logits, Batch, Wrong is null ? 0 : Batch, Batch, Settings.RealTarget);
        var (total, each) = (judgement.Loss, EachScore(logits));
        if (classes is not null)
            total += Losses.SoftmaxCrossEntropy(Part(classes, 0), _labels) * Settings.Auxiliary;
        if (codes is not null)
            total += CodeHeadLoss(Part(codes, 0), Part(codes, parts - 1)) * Settings.CodeHead;
        var shown = codes is null ? null : Part(codes, 0).Detach();
        if (penalized)
            total += GradientPenalty() * (Settings.R1 / 2 * Settings.R1Every);
        StepDiscriminator(total);

        var (verdict, names, seen) = Discriminate(fake, _code, 1);
        var generatorLoss = Settings.Loss.Generator(verdict);
        total = generatorLoss;
        if (names is not null)
            total += Losses.SoftmaxCrossEntropy(names, _labels) * Settings.Auxiliary;
        if (seen is not null)
            total += Losses.MeanSquaredError(seen, shown!) * Settings.CodeHead;
        if (Settings.ModeSeeking > 0)
        {
            var otherNoise = DrawNoise(_model.NoiseSize);
            total += ModeSeeking(fake, noise, Generator.Forward(_code, otherNoise), otherNoise) * Settings.ModeSeeking;
        }

        if (Recognition is not null)
            total += Reconstruction(Recognition);
        generatorLoss = generatorLoss.Detach().Reshape(1);
        StepGenerator(total);
        return new ScoreTensors(Wrong is null ? WithoutWrong(judgement.Shown) : judgement.Shown, generatorLoss, each);
    }

    /// <summary>
    /// How far the generator is from giving back each real sample, from the noise that the recognition network tells of it: mean absolute
    /// difference, and how far that noise is from the noise that samples are drawn with. The discriminator has its say on what comes back
    /// too: the difference alone leaves it blurred.
    /// </summary>
    private Tensor Reconstruction(RecognitionNetwork recognition)
    {
        var (mean, logVariance) = recognition.Forward(_real);
        var noise = mean + DrawNoise(_model.NoiseSize) * (logVariance * 0.5).Exp();
        var back = Generator.Forward(_code, noise);
        var difference = (back - _real).Abs().Mean() + RecognitionNetwork.Divergence(mean, logVariance) * DivergenceWeight;
        return difference * Settings.Vae + Settings.Loss.Generator(Discriminate(back, _code, 1).Scores) * JudgedBackWeight;
    }

    /// <summary>The discriminator's loss and mean scores, with a NaN in the place of the wrong pairs'.</summary>
    private Tensor WithoutWrong(Tensor shown)
    {
        using var pause = Tape.Paused();
        return Tensor.Concatenate(0, shown.Slice(0, 0, 2), Tensor.Full(Device, [1], double.NaN), shown.Slice(0, 2, 1));
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
        {
            _augmentations!.Batches = groups;
            samples = _augmentation.Draw(_augmentations, samples.Shape[0]).Apply(samples);
        }

        return Discriminator.ForwardWithHeads(samples, code, groups);
    }

    /// <summary>‖∂D/∂x‖² at real samples, the mean (R1, Mescheder et al. 2018).</summary>
    private Tensor GradientPenalty()
    {
        var real = _real.Detach();
        real.RequiresGradient = true;
        return Losses.GradientPenaltyR1(Discriminator.Forward(real, _code), real);
    }
}
