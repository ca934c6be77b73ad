using CrossModal.Adversarial;
using CrossModal.Data.Synthetic;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>What the next step is to be.</summary>
/// <param name="Moves">Who moves; nobody: the losses are computed and nothing is changed.</param>
/// <param name="LearningRate">The generator's; the discriminator's keeps the run's ratio to it.</param>
/// <param name="WrongPairs">Whether the discriminator sees wrong pairs; where the run had none it sees none.</param>
/// <param name="Pairs">Which pairs: 0 for those that training would take next, 1 for those behind them, and so on.</param>
internal sealed record StepWish(IReadOnlyList<Player> Moves, double LearningRate, double ModeSeeking, double Auxiliary, double CodeHead,
    double RealTarget, bool WrongPairs, int Pairs);

/// <summary>What the discriminator says of a batch, each sample with its condition's code: probabilities of being real and belonging to
/// it.</summary>
/// <param name="Wrong">Null where there are no wrong pairs.</param>
/// <param name="Pictures">What the generator makes of the codes.</param>
internal sealed record StepVerdict(float DiscriminatorLoss, float GeneratorLoss, float[] Real, float[]? Wrong, float[] Generated,
    IReadOnlyList<RgbImage> Pictures);

/// <summary>The pairs that a step is made on.</summary>
/// <param name="Classes">The class of each pair.</param>
/// <param name="Wrong">Null where there are no wrong pairs.</param>
internal sealed record StepPairs(IReadOnlyList<string> Classes, IReadOnlyList<RgbImage> Real, IReadOnlyList<RgbImage>? Wrong);

/// <summary>One step: the tape, and the game and the weights before and behind it.</summary>
/// <param name="Made">How many steps were made since the checkpoint, this one counted.</param>
internal sealed record StepReport(int Made, StepWish Wish, StepPairs Pairs, StepTape Tape, StepVerdict Before, StepVerdict After,
    IReadOnlyList<WeightChange> Weights);

/// <summary>
/// Makes training steps of a run one at a time, from its last checkpoint on, by the code that trains it, and keeps everything that can be
/// seen of the last one. Only steps of a <see cref="ConditionalGan"/>. Nothing is written into the run's folder. Not for several threads
/// at once.
/// </summary>
internal sealed class StepRun : IDisposable
{
    /// <summary>Pairs in a step: few enough to look at each.</summary>
    private const int MostPairs = 6;

    /// <summary>Built-in pairs of each instrument: made in seconds, and enough for a wrong pose.</summary>
    private const int BuiltInPairs = 4;

    /// <summary>Of a larger data set a part is opened, because every condition is encoded.</summary>
    private const int MostOwnPairs = 512;

    private readonly Device _device;
    private readonly RunFolder _folder;
    private readonly TrainingData _data;
    private readonly ConditionEncoder _encoder;
    private readonly ConditionCodes _codes;
    private readonly RunSettings _run;
    private readonly long _step;
    private AdversarialTraining _training;
    private BatchOrder _order;
    private int _made;

    /// <summary>Why no further step can be made; null where one can.</summary>
    private NonFiniteException? _broken;

    /// <param name="device">Must live longer.</param>
    /// <exception cref="BadInputException">It is a run of another kind, a checkpoint is missing or damaged, or the data are not
    /// there.</exception>
    public StepRun(Device device, SavedRun saved, CancellationToken cancel)
    {
        saved.Require([RunKind.SoundToImage, RunKind.ImageToSound]);
        (_device, _folder) = (device, saved.Folder);
        _step = GanProgress.Read(saved.Folder.Last).Step;
        _data = OpenData(saved.Run, device, cancel);
        try
        {
            var train = _data.Pairs.Train;
            LearningRate = saved.Run.Gan.RateIn((int)(_step / Math.Max(1, PairsOf(saved.Run, train.Count) / saved.Run.Gan.Batch)));
            _run = saved.Run with
            {
                Gan = saved.Run.Gan with { Batch = Math.Min(MostPairs, Math.Min(saved.Run.Gan.Batch, train.Count)) },
            };
            var direction = _run.Kind.Directions[0];
            _encoder = ConditionEncoder.Load(device, _run, _folder, direction);
            _codes = ConditionCodes.Of(device, _data.Conditions(direction, Data.Split.Train, _encoder.Layout), _run.Model.CodeSize,
                _encoder.Encode);
            (_training, _order) = Load();
        }
        catch
        {
            _encoder?.Dispose();
            _data.Dispose();
            throw;
        }
    }

    /// <summary>The settings of the run, with the batch that is stepped on here.</summary>
    public RunSettings Run => _run;

    /// <summary>The generator's learning rate where the checkpoint stands.</summary>
    public double LearningRate { get; }

    /// <summary>Steps that the checkpoint has behind it.</summary>
    public long StepsBefore => _step;

    /// <summary>Whether Adam goes on where training left it; else it begins anew, because a run that was exported is without.</summary>
    public bool HasOptimizers => !ExportMark.IsIn(_folder.Last);

    /// <summary>The state as a checkpoint would hold it.</summary>
    internal Checkpoint State => Gan.CreateCheckpoint();

    private ConditionalGan Gan => (ConditionalGan)_training.Model;

    /// <summary>Makes a step.</summary>
    /// <exception cref="BadInputException">A number of the wish is out of its range.</exception>
    /// <exception cref="NonFiniteException">The step, or one before it, made weights or scores that are no numbers.</exception>
    public StepReport Step(StepWish wish)
    {
        Check(wish);
        if (_broken is not null)
            throw _broken;
        using var scope = new Scope();
        Gan.Retune(_run.Gan with
        {
            ModeSeeking = wish.ModeSeeking,
            Auxiliary = wish.Auxiliary,
            CodeHead = wish.CodeHead,
            RealTarget = wish.RealTarget,
            WrongPairs = wish.WrongPairs && _run.Gan.WrongPairs,
        });
        Gan.LearningRate = wish.LearningRate;
        var split = _data.Pairs.Train;
        var sounds = _order.Load(_step + wish.Pairs).ToArray();
        var pairs = new StepPairs([.. sounds.Select(pair => _run.Classes[split.SoundClass(pair)])], SamplePicture.OfBatch(Gan.Pairs.Real),
            Gan.Pairs.Wrong is { } wrong ? SamplePicture.OfBatch(wrong) : null);
        var noise = ComingNoise();
        var before = Judge(noise);
        var weights = StepTape.NetworksOf(Gan)
            .SelectMany(network => network.Module.NamedParameters.Select(parameter => (network.Name, Parameter: parameter)))
            .Select(one => (one.Name, one.Parameter, Values: one.Parameter.Tensor.ToArray())).ToList();
        var tape = StepTape.Of(Gan, wish.Moves.Contains);
        if (!Gan.HasFiniteWeights())
            throw _broken = NotFinite(wish);
        var after = Judge(noise);
        return new StepReport(++_made, wish, pairs, tape, before, after, [.. weights.Select(weight => WeightChange.Of(weight.Name,
            weight.Parameter, weight.Values, tape.GradientNorm($"{weight.Name}.{weight.Parameter.Name}")))]);

        NonFiniteException NotFinite(StepWish asked) => new(
            $"a step at a learning rate of {asked.LearningRate} has made weights that are no numbers any more; go back to the checkpoint");
    }

    /// <summary>Goes back to the checkpoint, as it is now.</summary>
    public void Reset()
    {
        var (training, order) = Load();
        _training.Dispose();
        (_training, _order, _made, _broken) = (training, order, 0, null);
    }

    public void Dispose()
    {
        _training.Dispose();
        _encoder.Dispose();
        _data.Dispose();
    }

    /// <summary>The run's data; of the built-in ones a few, which are made on the spot.</summary>
    private static TrainingData OpenData(RunSettings run, Device device, CancellationToken cancel)
    {
        TrainingData Open(int pairs) =>
            TrainingData.Open(run with { Pairs = pairs }, device, new SilentReporter(), cancel, run.Classes);
        if (run.Data == RunOptions.StandardData)
            return Open(BuiltInPairs * SyntheticDataset.Instruments.Length);
        var data = Open(run.Pairs);
        if (data.Pairs.Train.Count <= MostOwnPairs)
            return data;
        data.Dispose();
        return Open(MostOwnPairs);
    }

    /// <summary>Pairs that a run was trained on.</summary>
    private static int PairsOf(RunSettings run, int opened) => run.Pairs > 0 ? run.Pairs
        : run.Data == RunOptions.StandardData ? new SyntheticOptions().TrainPairsPerInstrument * SyntheticDataset.Instruments.Length
        : opened;

    /// <summary>Each number within the bounds that its setting has.</summary>
    private static void Check(StepWish wish)
    {
        Require("the learning rate", wish.LearningRate, (0, 1));
        Require("mode seeking", wish.ModeSeeking, WithinAttribute.Of<GanSettings>(nameof(GanSettings.ModeSeeking)));
        Require("the weight of the auxiliary head", wish.Auxiliary, WithinAttribute.Of<GanSettings>(nameof(GanSettings.Auxiliary)));
        Require("the weight of the code's head", wish.CodeHead, WithinAttribute.Of<GanSettings>(nameof(GanSettings.CodeHead)));
        Require("the target of real pairs", wish.RealTarget, WithinAttribute.Of<GanSettings>(nameof(GanSettings.RealTarget)));
        Require("the number of the pairs", wish.Pairs, (0, 1000));

        static void Require(string what, double value, (double Least, double Most) bounds)
        {
            if (!(value >= bounds.Least && value <= bounds.Most))
                throw new BadInputException($"{what} is {value} and must lie between {bounds.Least} and {bounds.Most}");
        }
    }

    /// <summary>The networks of the checkpoint, and the optimizers and the noise where it has them.</summary>
    private (AdversarialTraining, BatchOrder) Load()
    {
        var training = ConditionalSession.CreateTraining(_device, _run, _data, _codes, capture: false);
        try
        {
            var gan = (ConditionalGan)training.Model;
            if (HasOptimizers)
                gan.CreateCheckpoint().Load(_folder.Last);
            else
                new Checkpoint().Add(_run.SampledWeights, gan.Generator).Add("discriminator", gan.Discriminator)
                    .Load(_folder.Last, everything: false);
            return (training, new BatchOrder(training.Batches, _run, training.Model.Device.Ranks));
        }
        catch
        {
            training.Dispose();
            throw;
        }
    }

    /// <summary>The noise that the next step will draw.</summary>
    private float[] ComingNoise()
    {
        var position = Gan.Noise.Position;
        var noise = Gan.Noise.Normal([Gan.Batch, _run.Model.NoiseSize]).ToArray();
        Gan.Noise.Position = position;
        return noise;
    }

    /// <summary>
    /// Both losses and every score, computed as the step computes them, with the batch's own statistics, and without a trace: what the
    /// networks keep beside their weights is put back.
    /// </summary>
    private StepVerdict Judge(float[] noise)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        var kept = StepTape.NetworksOf(Gan).SelectMany(network => network.Module.NamedBuffers).Select(buffer =>
        {
            var copy = Tensor.Uninitialized(_device, buffer.Tensor.Shape, buffer.Tensor.Type);
            copy.CopyFrom(buffer.Tensor);
            return (buffer.Tensor, Copy: copy);
        }).ToList();
        var (real, wrong, code) = Gan.Pairs;
        var generated = Gan.Generator.Forward(code, Tensor.From(_device, [Gan.Batch, _run.Model.NoiseSize], noise));
        Tensor[] parts = wrong is null ? [real, generated] : [real, wrong, generated];
        var logits = Gan.Discriminator.Forward(Tensor.Concatenate(0, parts), Tensor.Concatenate(0, [.. parts.Select(_ => code)]),
            parts.Length);
        foreach (var (buffer, copy) in kept)
            buffer.CopyFrom(copy);
        var each = Enumerable.Range(0, parts.Length).Select(part => logits.Slice(0, part * Gan.Batch, Gan.Batch)).ToArray();
        var losses = (Discriminator: Gan.Settings.Loss.Discriminator(each[0], wrong is null ? null : each[1], each[^1],
            Gan.Settings.RealTarget), Generator: Gan.Settings.Loss.Generator(each[^1]));
        float[] Scores(int part) => Finite.Require(each[part].Sigmoid().ToArray(), "the discriminator", "scores");
        return new StepVerdict((float)losses.Discriminator.Item(), (float)losses.Generator.Item(), Scores(0),
            wrong is null ? null : Scores(1), Scores(parts.Length - 1), SamplePicture.OfBatch(generated));
    }
}
