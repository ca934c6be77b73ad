using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>
/// What both kinds of GAN do with their two networks beside the game itself: an optimizer each, the generator's moving average, and what a
/// resumed run needs of them.
/// </summary>
internal sealed class AdversarialPlayers : IDisposable
{
    private readonly Module _generator, _discriminator, _sampler;
    private readonly Adam _generatorAdam, _discriminatorAdam;
    private readonly ExponentialMovingAverage? _average;
    private readonly double _rateRatio;

    /// <summary>How many steps the generator has made; null until it is asked for after a checkpoint may have been loaded.</summary>
    private long? _steps;

    /// <summary>The networks become this one's to dispose of.</summary>
    /// <param name="sampler">Shaped as the generator: what samples are made with.</param>
    public AdversarialPlayers(Module generator, Module discriminator, Module sampler, GanSettings settings)
    {
        (_generator, _discriminator, _sampler, _rateRatio) = (generator, discriminator, sampler, settings.DiscriminatorRateRatio);
        sampler.Training = false;
        var options = new AdamOptions(settings.LearningRate, settings.Beta1, settings.Beta2);
        _generatorAdam = new Adam(generator, options);
        _discriminatorAdam = new Adam(discriminator, options with { LearningRate = settings.LearningRate * _rateRatio });
        _average = settings.Ema > 0 ? new ExponentialMovingAverage(generator, settings.Ema) : null;
    }

    /// <summary>The generator's rate; the discriminator's keeps its ratio to it.</summary>
    public double LearningRate
    {
        set
        {
            if (value == _generatorAdam.LearningRate)
                return;
            _generatorAdam.LearningRate = value;
            _discriminatorAdam.LearningRate = value * _rateRatio;
        }
    }

    /// <summary>
    /// The count is the optimizer's, so that a loaded checkpoint goes on where it was. It is kept here, since reading it back would wait
    /// for the device.
    /// </summary>
    public long Steps => _steps ??= _generatorAdam.Steps;

    /// <summary>A step of the discriminator down the gradient of <paramref name="loss"/>.</summary>
    public void StepDiscriminator(Tensor loss) => _discriminatorAdam.Step(Tape.Gradients(loss, _discriminator.Parameters));

    /// <summary>A step of the generator down the gradient of <paramref name="loss"/>.</summary>
    public void StepGenerator(Tensor loss) => _generatorAdam.Step(Tape.Gradients(loss, _generator.Parameters));

    /// <summary>
    /// Runs a step of both and averages behind it. The average is not captured with the step, because its decay grows over the first steps.
    /// </summary>
    public void Step(Action both)
    {
        var before = Steps;
        both();
        _steps = before + 1;
        _average?.Update(_average.DecayAt(before + 1));
    }

    /// <summary>Makes the averaged weights (or the present ones, where none are averaged) those of the sampler.</summary>
    public void UpdateSampler()
    {
        if (_average is not null)
            _average.CopyTo(_sampler);
        else
            _sampler.CopyFrom(_generator);
    }

    /// <summary>Whether no weight and no running statistic is a NaN or an infinity; reads them all back.</summary>
    public bool HaveFiniteWeights() =>
        _generator.State.Concat(_discriminator.State).All(named => named.Tensor.ToArray().All(float.IsFinite));

    /// <summary>Weights, averages, optimizers, and where the noise has got to.</summary>
    public Checkpoint CreateCheckpoint(RandomStream noise)
    {
        _steps = null;
        var checkpoint = new Checkpoint()
            .Add("generator", _generator).Add("discriminator", _discriminator)
            .Add("optimizer.generator", _generatorAdam).Add("optimizer.discriminator", _discriminatorAdam)
            .Add("random.noise", noise);
        if (_average is not null)
            checkpoint.Add("ema", _average);
        return checkpoint;
    }

    public void Dispose()
    {
        foreach (var part in new IDisposable?[] { _generator, _discriminator, _sampler, _generatorAdam, _discriminatorAdam, _average })
            part?.Dispose();
    }
}
