using CrossModal.Layers;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Adversarial;

/// <summary>
/// A generator and a discriminator that play against each other, an optimizer for each, the moving average of the generator, and the scores
/// of a step. What a step computes is left to the kind of model. The first step is captured, the following ones repeat it without building
/// anything; steps with the gradient penalty are captured by themselves.
/// </summary>
internal abstract class AdversarialModel : IDisposable
{
    private readonly Module _generator, _discriminator, _sampler;
    private readonly Adam _generatorAdam, _discriminatorAdam;
    private readonly AdamOptions _options;
    private readonly List<(string Name, Module Network, Adam Adam)> _besideGenerator = [];
    private readonly ExponentialMovingAverage? _average;
    private readonly ScoreReadback _scores;
    private readonly List<IDisposable> _owned = [];
    private CapturedStep? _step, _penalizedStep;
    private Tensor? _discriminatorGradient, _generatorGradient;

    /// <summary>How many steps the generator has made; null until it is asked for after a checkpoint may have been loaded.</summary>
    private long? _steps;

    /// <param name="device">Where it computes.</param>
    /// <param name="settings">Batch, rates, decays.</param>
    /// <param name="seed">Of weights and noise.</param>
    /// <param name="generator">Makes the generator, and once more the same for making samples.</param>
    /// <param name="discriminator">Makes the discriminator.</param>
    /// <param name="pairs">What the discriminator judges in a step.</param>
    protected AdversarialModel(Device device, GanSettings settings, ulong seed, Func<RandomStream, Module> generator,
        Func<RandomStream, Module> discriminator, JudgedPairs pairs)
    {
        (Device, Settings) = (device, settings);
        var weights = Own(new RandomStream(device, seed, RandomStreams.GanWeights));
        Noise = Own(new RandomStream(device, seed, RandomStreams.GanNoise) { IsOfSamples = true });
        _generator = Own(generator(weights));
        _discriminator = Own(discriminator(weights));
        _sampler = Own(generator(weights));
        _sampler.Training = false;
        _options = new AdamOptions(settings.LearningRate, settings.Beta1, settings.Beta2);
        _generatorAdam = Own(new Adam(_generator, _options));
        _discriminatorAdam =
            Own(new Adam(_discriminator, _options with { LearningRate = settings.LearningRate * settings.DiscriminatorRateRatio }));
        _average = settings.Ema > 0 ? Own(new ExponentialMovingAverage(_generator, settings.Ema)) : null;
        _scores = Own(new ScoreReadback(device, pairs));
    }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>Pairs in a step: of a batch that ranks share, this one's own.</summary>
    public int Batch => Device.Ranks.OwnOf(Settings.Batch);

    /// <summary>Where z is drawn from.</summary>
    public RandomStream Noise { get; }

    /// <summary>The captured step without the gradient penalty, once there is one.</summary>
    public CapturedStep? Captured => _step;

    /// <summary>
    /// False builds every step anew: slower, but an op that makes a NaN can then be caught (<see cref="Device.CheckFinite"/>).
    /// </summary>
    public bool Capture { get; init; } = true;

    /// <summary>
    /// Whether steps also give the score of each sample and the norms of the gradients. A change has the next step captured anew, which
    /// trains the same bits.
    /// </summary>
    public bool Detailed
    {
        get => _scores.Detailed;
        set
        {
            if (value == _scores.Detailed)
                return;
            Device.Synchronize();
            _step?.Dispose();
            _penalizedStep?.Dispose();
            (_step, _penalizedStep) = (null, null);
            _scores.Detailed = value;
        }
    }

    /// <summary>The most bytes that the device has held: tensors, what it keeps for itself, and what captured steps work in.</summary>
    public long DeviceBytes => Device.PeakBytes + (_step?.Bytes ?? 0) + (_penalizedStep?.Bytes ?? 0);

    /// <summary>The generator's rate; the discriminator's keeps its ratio to it.</summary>
    public double LearningRate
    {
        set
        {
            if (value == _generatorAdam.LearningRate)
                return;
            _generatorAdam.LearningRate = value;
            _discriminatorAdam.LearningRate = value * Settings.DiscriminatorRateRatio;
            foreach (var beside in _besideGenerator)
                beside.Adam.LearningRate = value;
        }
    }

    /// <summary>
    /// Asked when a player's loss stands whether that player makes its step; null: both do. A captured step asks while it is captured only.
    /// </summary>
    public Func<Player, bool>? Moves { get; set; }

    /// <summary>How it is trained.</summary>
    public GanSettings Settings { get; private set; }

    /// <summary>The network that is trained to generate.</summary>
    protected Module TrainedGenerator => _generator;

    protected Module TrainedDiscriminator => _discriminator;

    /// <summary>
    /// What samples are made with: shaped as the generator, with running statistics; brought up to date by <see cref="UpdateSampler"/>.
    /// </summary>
    internal Module SamplingGenerator => _sampler;

    /// <summary>
    /// One step of the discriminator and one of the generator on the batch that was set. The average behind it is not captured with the
    /// step, because its decay grows over the first steps. The count of steps is the optimizer's, so that a loaded checkpoint goes on where
    /// it was; it is kept here, since reading it back would wait for the device.
    /// </summary>
    public void Step()
    {
        var before = _steps ??= _generatorAdam.Steps;
        var penalized = Settings.R1 > 0 && before % Settings.R1Every == 0;
        ref var step = ref penalized ? ref _penalizedStep : ref _step;
        if (step is not null)
            step.Replay();
        else if (Capture)
            step = Device.Capture(() => Write(ComputeOnRanks(penalized)));
        else
        {
            using var scope = new Scope();
            Write(ComputeOnRanks(penalized));
        }

        _steps = before + 1;
        _average?.Update(_average.DecayAt(before + 1));
    }

    /// <summary>Gives the next steps other weights of losses; sizes and optimizers stay as they are.</summary>
    /// <exception cref="InvalidOperationException">Steps are captured, with the weights in them.</exception>
    public void Retune(GanSettings settings) => Settings = !Capture
        ? settings with { Batch = Settings.Batch, DiscriminatorRateRatio = Settings.DiscriminatorRateRatio, Ema = Settings.Ema }
        : throw new InvalidOperationException("a captured step cannot be given other weights of losses");

    /// <summary>The last step's losses; waits for it.</summary>
    public GanScores ReadScores() => _scores.Read();

    /// <summary>Begins to read the losses of the step that was asked for last; returns at once. At most two may be on their way.</summary>
    public void BeginReadScores() => _scores.Begin();

    /// <summary>The losses of the earliest step whose reading was begun; waits for that step alone.</summary>
    public GanScores FinishReadScores() => FinishReadScores(out _);

    /// <inheritdoc cref="FinishReadScores()"/>
    /// <param name="detail">What else the step gave, where <see cref="Detailed"/> was set for it.</param>
    public GanScores FinishReadScores(out StepDetail? detail) => _scores.Finish(out detail);

    /// <summary>Whether no weight and no running statistic is a NaN or an infinity; reads them all back.</summary>
    public bool HasFiniteWeights() =>
        _besideGenerator.Select(beside => beside.Network).Append(_discriminator).Append(_generator).SelectMany(network => network.State)
            .All(named => named.Tensor.ToArray().All(float.IsFinite));

    /// <summary>Makes the averaged weights (or the present ones, where none are averaged) those that samples are made with.</summary>
    public void UpdateSampler()
    {
        if (_average is not null)
            _average.CopyTo(_sampler);
        else
            _sampler.CopyFrom(_generator);
    }

    /// <summary>All that a resumed run needs: weights, averages, optimizers, positions of random streams.</summary>
    public virtual Checkpoint CreateCheckpoint()
    {
        _steps = null;
        var checkpoint = new Checkpoint()
            .Add("generator", _generator).Add("discriminator", _discriminator)
            .Add("optimizer.generator", _generatorAdam).Add("optimizer.discriminator", _discriminatorAdam)
            .Add("random.noise", Noise);
        foreach (var (name, network, adam) in _besideGenerator)
            checkpoint.Add(name, network).Add($"optimizer.{name}", adam);
        if (_average is not null)
            checkpoint.Add("ema", _average);
        return checkpoint;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _step?.Dispose();
        _penalizedStep?.Dispose();
        foreach (var part in _owned)
            part.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Computes the losses, calls <see cref="StepDiscriminator"/> and <see cref="StepGenerator"/>, and gives what is to be read of the
    /// step.
    /// </summary>
    /// <param name="penalized">Whether the gradient penalty (R1) is due.</param>
    protected abstract ScoreTensors Compute(bool penalized);

    /// <summary>Keeps a part until the model is disposed.</summary>
    protected T Own<T>(T part) where T : IDisposable
    {
        _owned.Add(part);
        return part;
    }

    /// <summary>
    /// Has a network trained on the generator's loss beside it, with an optimizer of its own, until the model is disposed.
    /// </summary>
    /// <param name="name">In checkpoints.</param>
    protected T BesideGenerator<T>(string name, T network) where T : Module
    {
        _besideGenerator.Add((name, Own(network), Own(new Adam(network, _options))));
        return network;
    }

    /// <summary>A step of the discriminator down the gradient of <paramref name="loss"/>.</summary>
    protected void StepDiscriminator(Tensor loss) =>
        _discriminatorGradient = Step(Player.Discriminator, loss, (_discriminator, _discriminatorAdam));

    /// <summary>A step of the generator, and of what is trained beside it, down the gradient of <paramref name="loss"/>.</summary>
    protected void StepGenerator(Tensor loss) => _generatorGradient = Step(Player.Generator, loss,
        [(_generator, _generatorAdam), .. _besideGenerator.Select(beside => (beside.Network, beside.Adam))]);

    /// <summary>Noise for one batch, [batch, noise].</summary>
    protected Tensor DrawNoise(int size) => Noise.Normal(new Shape(Batch, size));

    /// <summary>Some of the equal parts that a tensor is joined of along the batch.</summary>
    protected Tensor Part(Tensor joined, int part, int parts = 1) => joined.Slice(0, part * Batch, parts * Batch);

    /// <summary>The probability that each logit gives, outside any gradient, where an observer wants them.</summary>
    protected Tensor? EachScore(Tensor logits)
    {
        using var pause = Tape.Paused();
        return Detailed ? logits.To(Device.FloatType).Sigmoid() : null;
    }

    private ScoreTensors ComputeOnRanks(bool penalized)
    {
        Device.SynchronizesStatistics = Settings.SyncBatchNorm;
        try
        {
            return Compute(penalized);
        }
        finally
        {
            Device.SynchronizesStatistics = false;
        }
    }

    /// <summary>A player's step, unless it is not to move; ‖gradient‖² of its own network where an observer wants it.</summary>
    private Tensor? Step(Player player, Tensor loss, params (Module Network, Adam Adam)[] trained)
    {
        if (Moves?.Invoke(player) is false)
            return null;
        var ranks = Device.Ranks.Size;
        var gradients = Tensor.SumOverRanks(Tape.Gradients(ranks == 1 ? loss : loss * (1.0 / ranks),
            [.. trained.SelectMany(one => one.Network.Parameters)]));
        var norm = SquaredNorm([.. gradients.Take(trained[0].Network.Parameters.Count)]);
        foreach (var (network, adam) in trained)
        {
            adam.Step([.. gradients.Take(network.Parameters.Count)]);
            gradients = [.. gradients.Skip(network.Parameters.Count)];
        }

        return norm;
    }

    /// <summary>‖gradients‖², [1], where an observer wants it.</summary>
    private Tensor? SquaredNorm(IReadOnlyList<Tensor> gradients)
    {
        if (!Detailed)
            return null;
        using var pause = Tape.Paused();
        return Tensor.Concatenate(0, [.. gradients.Select(gradient => gradient.Square().Sum().Reshape(1))]).Sum().Reshape(1);
    }

    private void Write(ScoreTensors scores)
    {
        _scores.Write(scores, _discriminatorGradient, _generatorGradient);
        (_discriminatorGradient, _generatorGradient) = (null, null);
    }

    /// <summary>
    /// How near two samples of the same condition lie for the distance of their noises (Mao et al. 2019, the mode-seeking term): mean |z₁ −
    /// z₂| / mean |x₁ − x₂|. Small when noise makes a difference.
    /// </summary>
    internal static Tensor ModeSeeking(Tensor sample, Tensor noise, Tensor otherSample, Tensor otherNoise) =>
        (noise - otherNoise).Abs().Mean().MeanOverRanks() / ((sample - otherSample).Abs().Mean().MeanOverRanks() + 1e-5);
}
