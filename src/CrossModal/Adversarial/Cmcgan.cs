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
/// </summary>
internal sealed class Cmcgan : AdversarialModel
{
    private readonly ModelSettings _model;
    private readonly CmcganSettings _terms;
    private readonly Tensor _image, _sound, _wrongImage, _labels, _noNoise;

    /// <param name="device">Where it computes.</param>
    /// <param name="model">Sizes; <see cref="ModelSettings.Channels"/> is set for each modality.</param>
    /// <param name="settings">Batch, rates, the game, the average, mode seeking.</param>
    /// <param name="terms">Weights of the terms beside the game.</param>
    /// <param name="classes">Instruments.</param>
    /// <param name="seed">Of weights and noise.</param>
    public Cmcgan(Device device, ModelSettings model, GanSettings settings, CmcganSettings terms, int classes, ulong seed)
        : base(device, settings, seed, random => new CrossModalGenerator(random, model, terms.CodeClasses > 0 ? classes : 0),
            random => new CrossModalDiscriminator(random, model),
            JudgedPairs.Of(device, settings, fakes: 2))
    {
        (_model, _terms) = (model, terms);
        var side = model.ImageSize;
        var images = new Shape(Batch, side, side, ModelSettings.Colors);
        (_image, _wrongImage) = (Own(Tensor.Zeros(device, images)), Own(Tensor.Zeros(device, images)));
        _sound = Own(Tensor.Zeros(device, new Shape(Batch, side, side, 1)));
        _labels = Own(Tensor.From(device, new Shape(Batch), new int[Batch]));
        _noNoise = Own(Tensor.Zeros(device, new Shape(Batch, model.NoiseSize)));
    }

    /// <summary>Encoders and decoders as they are trained.</summary>
    public CrossModalGenerator Generator => (CrossModalGenerator)TrainedGenerator;

    /// <summary>Those that samples are made with, with running statistics; brought up to date by
    /// <see cref="AdversarialModel.UpdateSampler"/>.</summary>
    public CrossModalGenerator Sampler => (CrossModalGenerator)SamplingGenerator;

    private CrossModalDiscriminator Discriminator => (CrossModalDiscriminator)TrainedDiscriminator;

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

    protected override ScoreTensors Compute(bool penalized)
    {
        // Both decoders take the codes of both encoders: all four paths in one pass of each.
        var codes = Tensor.Concatenate(0, Generator.SoundEncoder.Forward(_sound), Generator.ImageEncoder.Forward(_image));
        // What is generated has noise, what is given back has none.
        var (imageNoise, soundNoise) = (DrawNoise(_model.NoiseSize), DrawNoise(_model.NoiseSize));
        var images = Generator.ImageDecoder.Forward(codes, Tensor.Concatenate(0, imageNoise, _noNoise));
        var sounds = Generator.SoundDecoder.Forward(codes, Tensor.Concatenate(0, _noNoise, soundNoise));
        var (fakeImage, fakeSound) = (Part(images, 0), Part(sounds, 1));

        var verdicts = Discriminate(fakeImage.Detach(), fakeSound.Detach());
        var judgement = Settings.Loss.Judge(verdicts, Batch, Batch, 2 * Batch, Settings.RealTarget);
        var each = EachScore(verdicts);
        StepDiscriminator(judgement.Loss);

        var generatorLoss = Settings.Loss.Generator(Verdict(fakeImage, fakeSound));
        var total = generatorLoss;
        if (_terms.Reconstruction > 0)
            total += (Losses.L1(Part(images, 1), _image) + Losses.L1(Part(sounds, 0), _sound)) * (_terms.Reconstruction / 2);
        if (_terms.Cycle > 0)
            total += CycleLoss(fakeImage, fakeSound) * _terms.Cycle;
        if (Settings.ModeSeeking > 0)
        {
            var unlikeImages = ModeSeeking(Generator.ImageDecoder, Part(codes, 0), fakeImage, imageNoise);
            var unlikeSounds = ModeSeeking(Generator.SoundDecoder, Part(codes, 1), fakeSound, soundNoise);
            total += (unlikeImages + unlikeSounds) * (Settings.ModeSeeking / 2);
        }

        if (Generator.Classes is { } head)
        {
            var logits = head.Forward(codes);
            total += (Losses.SoftmaxCrossEntropy(Part(logits, 0), _labels) + Losses.SoftmaxCrossEntropy(Part(logits, 1), _labels))
                * (_terms.CodeClasses / 2);
        }

        generatorLoss = generatorLoss.Detach().Reshape(1);
        StepGenerator(total);
        return new ScoreTensors(judgement.Shown, generatorLoss, each);
    }

    /// <summary>
    /// The logits of real, wrong and generated pairs, of which the joint corresponding loss is made; each sample goes through its stack
    /// once, however many pairs it stands in.
    /// </summary>
    private Tensor Discriminate(Tensor fakeImage, Tensor fakeSound)
    {
        var images = Discriminator.ImageFeatures(Tensor.Concatenate(0, _image, _wrongImage, fakeImage), groups: 3);
        var sounds = Discriminator.SoundFeatures(Tensor.Concatenate(0, _sound, fakeSound), groups: 2);
        var (image, sound) = (Part(images, 0), Part(sounds, 0));

        // Real, wrong, generated image, generated sound.
        return Discriminator.Score(Tensor.Concatenate(0, images, image), Tensor.Concatenate(0, sound, sound, sounds), groups: 4);
    }

    /// <summary>
    /// The discriminator's logits [2 · batch] of generated images with their sounds, and of images with the sounds made from them.
    /// </summary>
    private Tensor Verdict(Tensor fakeImage, Tensor fakeSound)
    {
        Tensor image, sound;

        // No gradient goes to real samples, so their features need none.
        using (Tape.Paused())
            (image, sound) = (Discriminator.ImageFeatures(_image), Discriminator.SoundFeatures(_sound));
        var (images, sounds) = (Discriminator.ImageFeatures(fakeImage), Discriminator.SoundFeatures(fakeSound));
        return Discriminator.Score(Tensor.Concatenate(0, images, image), Tensor.Concatenate(0, sound, sounds), groups: 2);
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
        var other = DrawNoise(_model.NoiseSize);
        return ModeSeeking(samples, noise, decoder.Forward(codes, other), other);
    }
}
