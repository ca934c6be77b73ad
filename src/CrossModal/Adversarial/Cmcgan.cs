using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Adversarial;

/// <summary>
/// CMCGAN (Hao et al. 2018): encoders, shared decoders and a joint discriminator, their optimizers, and one step of both players. The
/// discriminator tells a real pair (image, its sound) from a real image with another sound, from a generated image with the sound it was
/// made from, and from an image with the sound that was made from it. Beside fooling it, encoders and decoders are held by L1 to give back
/// what they were given: image to image, sound to sound, and where asked for sound to image to sound and image to sound to image. All that
/// counts for both directions is their mean.
/// <para>
/// Left open by what was read of the paper and chosen here: the weights of the terms (<see cref="CmcganSettings"/>); wrong pairs as in
/// GAN-CLS, with weight one half beside the generated ones; noise joined to the code where a sample is generated, zeros where one is given
/// back, since L1 teaches a decoder to ignore noise that says nothing of what is to come out; reconstructions are not shown to the
/// discriminator.
/// </para>
/// The first step is captured, the following ones repeat it.
/// </summary>
internal sealed class Cmcgan : IAdversarialModel
{
    /// <summary>Streams of random numbers of one seed, one a purpose.</summary>
    private const ulong WeightStream = 1, NoiseStream = 2;

    private readonly ModelConfiguration _model;
    private readonly GanSettings _settings;
    private readonly CmcganSettings _terms;
    private readonly RandomStream _weights;
    private readonly CrossModalDiscriminator _discriminator;
    private readonly AdversarialPlayers _players;
    private readonly Tensor _image, _sound, _wrongImage, _labels, _noNoise;
    private readonly ScoreReadback _scores;
    private CapturedStep? _step;

    /// <param name="device">Where it computes.</param>
    /// <param name="model">Sizes; <see cref="ModelConfiguration.Channels"/> is set for each modality.</param>
    /// <param name="settings">Batch, rates, the game, the average, mode seeking.</param>
    /// <param name="terms">Weights of the terms beside the game.</param>
    /// <param name="classes">Instruments.</param>
    /// <param name="seed">Of weights and noise.</param>
    public Cmcgan(Device device, ModelConfiguration model, GanSettings settings, CmcganSettings terms, int classes, ulong seed)
    {
        (Device, _model, _settings, _terms, Batch) = (device, model, settings, terms, settings.Batch);
        _weights = new RandomStream(device, seed, WeightStream);
        Noise = new RandomStream(device, seed, NoiseStream);
        var codeClasses = terms.CodeClasses > 0 ? classes : 0;
        Generator = new CrossModalGenerator(_weights, model, codeClasses);
        _discriminator = new CrossModalDiscriminator(_weights, model);
        Sampler = new CrossModalGenerator(_weights, model, codeClasses);
        _players = new AdversarialPlayers(Generator, _discriminator, Sampler, settings);
        var side = model.ImageSize;
        var images = new Shape(Batch, side, side, ModelConfiguration.Colors);
        (_image, _wrongImage, _sound) = (Tensor.Zeros(device, images), Tensor.Zeros(device, images),
            Tensor.Zeros(device, new Shape(Batch, side, side, 1)));
        _labels = Tensor.From(device, new Shape(Batch), new int[Batch]);
        _noNoise = Tensor.Zeros(device, new Shape(Batch, model.NoiseSize));
        _scores = new ScoreReadback(device);
    }

    public Device Device { get; }

    public int Batch { get; }

    /// <summary>Encoders and decoders as they are trained.</summary>
    public CrossModalGenerator Generator { get; }

    /// <summary>Those that samples are made with, with running statistics; brought up to date by <see cref="UpdateSampler"/>.</summary>
    public CrossModalGenerator Sampler { get; }

    /// <summary>Where z is drawn from.</summary>
    public RandomStream Noise { get; }

    /// <summary>
    /// False builds every step anew: slower, but an op that makes a NaN can then be caught (<see cref="Device.CheckFinite"/>).
    /// </summary>
    public bool Capture { get; init; } = true;

    /// <inheritdoc/>
    public double LearningRate
    {
        set => _players.LearningRate = value;
    }

    /// <summary>Sets what the next steps train on, values in [−1, 1].</summary>
    /// <param name="image">[batch, size, size, 3].</param>
    /// <param name="sound">Spectrograms that belong to the images, [batch, size, size, 1].</param>
    /// <param name="wrongImage">Images that do not belong to the sounds.</param>
    /// <param name="labels">The pairs' classes, for the head behind the codes; needed only with one.</param>
    public void SetBatch(ReadOnlySpan<float> image, ReadOnlySpan<float> sound, ReadOnlySpan<float> wrongImage,
        ReadOnlySpan<int> labels = default)
    {
        _image.Write(image);
        _sound.Write(sound);
        _wrongImage.Write(wrongImage);
        if (Generator.Classes is not null)
            _labels.Write(labels);
    }

    /// <inheritdoc/>
    public void Step() => _players.Step(() =>
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

    /// <inheritdoc/>
    public Checkpoint CreateCheckpoint() => _players.CreateCheckpoint(Noise);

    public void Dispose()
    {
        foreach (var part in new IDisposable?[] { _step, _players, _scores, _weights, Noise, _image, _sound, _wrongImage, _labels,
            _noNoise })
            part?.Dispose();
    }

    private void Compute()
    {
        // Both decoders take the codes of both encoders: all four paths in one pass of each.
        var codes = Tensor.Concatenate(0, Generator.SoundEncoder.Forward(_sound), Generator.ImageEncoder.Forward(_image));
        // What is generated has noise, what is given back has none.
        var (imageNoise, soundNoise) = (Draw(), Draw());
        var images = Generator.ImageDecoder.Forward(codes, Tensor.Concatenate(0, imageNoise, _noNoise));
        var sounds = Generator.SoundDecoder.Forward(codes, Tensor.Concatenate(0, _noNoise, soundNoise));
        var (fakeImage, fakeSound) = (Part(images, 0), Part(sounds, 1));

        var discriminatorLoss = StepDiscriminator(fakeImage.Detach(), fakeSound.Detach(), out var real, out var wrong, out var fake);
        var generatorLoss = AdversarialLosses.Generator(_settings.Loss, Verdict(fakeImage, fakeSound));
        var total = generatorLoss;
        if (_terms.Reconstruction > 0)
            total += (Losses.L1(Part(images, 1), _image) + Losses.L1(Part(sounds, 0), _sound)) * (_terms.Reconstruction / 2);
        if (_terms.Cycle > 0)
            total += CycleLoss(fakeImage, fakeSound) * _terms.Cycle;
        if (_settings.ModeSeeking > 0)
        {
            var unlikeImages = ModeSeeking(Generator.ImageDecoder, Part(codes, 0), fakeImage, imageNoise);
            var unlikeSounds = ModeSeeking(Generator.SoundDecoder, Part(codes, 1), fakeSound, soundNoise);
            total += (unlikeImages + unlikeSounds) * (_settings.ModeSeeking / 2);
        }

        if (Generator.Classes is { } head)
        {
            var logits = head.Forward(codes);
            total += (Losses.SoftmaxCrossEntropy(Part(logits, 0), _labels) + Losses.SoftmaxCrossEntropy(Part(logits, 1), _labels))
                * (_terms.CodeClasses / 2);
        }

        generatorLoss = generatorLoss.Detach();
        _players.StepGenerator(total);
        _scores.Write(discriminatorLoss, generatorLoss, real, wrong, fake);
    }

    /// <summary>
    /// The joint corresponding loss and its update; each sample goes through its stack once, however many pairs it stands in.
    /// </summary>
    private Tensor StepDiscriminator(Tensor fakeImage, Tensor fakeSound, out Tensor realScore, out Tensor wrongScore, out Tensor fakeScore)
    {
        var images = _discriminator.ImageFeatures(Tensor.Concatenate(0, _image, _wrongImage, fakeImage), groups: 3);
        var sounds = _discriminator.SoundFeatures(Tensor.Concatenate(0, _sound, fakeSound), groups: 2);
        var (image, sound) = (Part(images, 0), Part(sounds, 0));

        // Real, wrong, generated image, generated sound.
        var logits = _discriminator.Score(Tensor.Concatenate(0, images, image), Tensor.Concatenate(0, sound, sound, sounds), groups: 4);
        var (real, wrong, fake) = (Part(logits, 0), Part(logits, 1), Part(logits, 2, 2));
        var loss = AdversarialLosses.Discriminator(_settings.Loss, real, wrong, fake, _settings.RealTarget);
        (realScore, wrongScore, fakeScore) = (AdversarialLosses.Score(real), AdversarialLosses.Score(wrong), AdversarialLosses.Score(fake));
        var value = loss.Detach();
        _players.StepDiscriminator(loss);
        return value;
    }

    /// <summary>
    /// The discriminator's logits [2 · batch] of generated images with their sounds, and of images with the sounds made from them.
    /// </summary>
    private Tensor Verdict(Tensor fakeImage, Tensor fakeSound)
    {
        Tensor image, sound;

        // No gradient goes to real samples, so their features need none.
        using (Tape.Paused())
            (image, sound) = (_discriminator.ImageFeatures(_image), _discriminator.SoundFeatures(_sound));
        var (images, sounds) = (_discriminator.ImageFeatures(fakeImage), _discriminator.SoundFeatures(fakeSound));
        return _discriminator.Score(Tensor.Concatenate(0, images, image), Tensor.Concatenate(0, sound, sounds), groups: 2);
    }

    /// <summary>Sound to image to sound, and image to sound to image: how far what comes back is from what went in.</summary>
    private Tensor CycleLoss(Tensor fakeImage, Tensor fakeSound)
    {
        var sound = Generator.SoundDecoder.Forward(Generator.ImageEncoder.Forward(fakeImage), _noNoise);
        var image = Generator.ImageDecoder.Forward(Generator.SoundEncoder.Forward(fakeSound), _noNoise);
        return (Losses.L1(sound, _sound) + Losses.L1(image, _image)) * 0.5;
    }

    private Tensor ModeSeeking(Generator decoder, Tensor codes, Tensor samples, Tensor noise)
    {
        var other = Draw();
        return AdversarialLosses.ModeSeeking(samples, noise, decoder.Forward(codes, other), other);
    }

    private Tensor Draw() => Noise.Normal(new Shape(Batch, _model.NoiseSize));

    private Tensor Part(Tensor batch, int part, int parts = 1) => batch.Slice(0, part * Batch, parts * Batch);
}
