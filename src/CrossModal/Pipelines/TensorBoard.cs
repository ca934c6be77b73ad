using CrossModal.Audio;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>
/// Writes for TensorBoard what a training tells: the numbers of its steps, and of each epoch accuracies, samples, how they were named, and
/// sounds. Everything that it is told goes on to another listener. What cannot be written is no reason to stop a training: the reader is
/// warned, and nothing more is written.
/// </summary>
internal sealed class TensorBoard : IRunReporter, IDisposable
{
    /// <summary>
    /// Points of a curve at most, each the mean of as many steps: some megabytes for the longest run. TensorBoard shows a thousand.
    /// </summary>
    private const int MostPoints = 10_000;

    /// <summary>
    /// How often a run is listened to: as many sounds of a tag as TensorBoard shows. Four of them take more than a second on two cores.
    /// </summary>
    private const int Hearings = 10;

    private readonly IRunReporter _next;
    private readonly long _stride, _totalSteps;
    private long _heard;
    private EventFile? _file;
    private StepPoint? _open;
    private bool _failed;

    private TensorBoard(IRunReporter next, long step, long totalSteps)
    {
        (_next, _totalSteps) = (next, Math.Max(1, totalSteps));
        (_stride, _heard) = ((_totalSteps + MostPoints - 1) / MostPoints, HearingOf(step));
    }

    /// <summary>Begins to write, or goes on behind the checkpoint that the run goes on from.</summary>
    /// <param name="next">Told all that this is told.</param>
    /// <param name="wanted">Whether it was asked for; a run that has event files already has further ones in any case.</param>
    /// <param name="step">Steps that were made before.</param>
    /// <param name="totalSteps">Steps that the run will have.</param>
    /// <param name="metrics">The lines of metrics that the run has.</param>
    /// <returns>Null where none are wanted.</returns>
    public static TensorBoard? Open(IRunReporter next, bool wanted, RunFolder folder, long step, long totalSteps,
        IReadOnlyList<MetricsLine> metrics)
    {
        var files = new EventFiles(folder.Path);
        if (!wanted && !files.Any)
            return null;
        var board = new TensorBoard(next, step, totalSteps);
        board.Try(() =>
        {
            files.Rewind(step);
            files.WriteStages(metrics);
            board._file = files.Begin();
        });
        return board;
    }

    /// <inheritdoc/>
    public bool WantsDetail => _next.WantsDetail;

    /// <inheritdoc/>
    public IRunStage Stage(string name, long total, string unit) => _next.Stage(name, total, unit);

    /// <inheritdoc/>
    public void Message(string text) => _next.Message(text);

    /// <inheritdoc/>
    public void Warning(string text) => _next.Warning(text);

    /// <inheritdoc/>
    public void Step(TrainingStep step)
    {
        _next.Step(step);
        var point = StepPoint.Of(step);
        _open = _open is null ? point : StepPoint.Join(_open, point);
        if (step.Step % _stride != 0)
            return;
        var mean = _open;
        _open = null;
        Try(() => _file!.Add(EventRecord.Scalars(EventFile.Now, mean.Step, Scalars(mean))));
    }

    /// <summary>An epoch is over, and was measured.</summary>
    /// <param name="step">Steps that were made.</param>
    /// <param name="samples">The picture of its samples.</param>
    /// <param name="directions">Each direction with its accuracies and how the samples of validation conditions were named.</param>
    /// <param name="sounds">Makes sounds to listen to, each of a class; asked in the first epoch of each tenth of the run.</param>
    public void Epoch(long step, string samples,
        IReadOnlyList<(Direction Direction, EpochAccuracy Accuracy, ConfusionMatrix Named)> directions,
        Func<IReadOnlyList<(string Class, GeneratedSound Sound)>> sounds) => Try(() =>
    {
        foreach (var (direction, accuracy, named) in directions)
        {
            var outputs = direction.Outputs();
            _file!.Add(EventRecord.Scalars(EventFile.Now, step, (Tag: $"accuracy/{outputs}, training", Value: accuracy.TrainAccuracy),
                (Tag: $"accuracy/{outputs}, validation", Value: accuracy.ValidationAccuracy)));
            Add(step, $"confusion/{outputs}", ConfusionPlot.Of($"Generated {outputs} of validation {direction.Conditions()}",
                named.Classes, named.Counts));
        }

        var (width, height) = ImageFile.ReadSize(samples);
        _file!.Add(EventRecord.Picture(EventFile.Now, step, "samples", width, height, File.ReadAllBytes(samples)));
        if (HearingOf(step) == _heard)
            return;
        _heard = HearingOf(step);
        foreach (var (name, sound) in sounds())
        {
            var wav = new MemoryStream();
            WavFile.Write(wav, sound.Samples, 1, sound.SampleRate);
            _file.Add(EventRecord.Sound(EventFile.Now, step, $"sound/{name}", sound.SampleRate, sound.Samples.Length, wav.ToArray()));
            Add(step, $"spectrogram/{name}", sound.Drawn(name));
        }
    });

    /// <summary>Ends the file. The steps behind the last point are none yet.</summary>
    public void Dispose() => _file?.Dispose();

    private long HearingOf(long step) => step * Hearings / _totalSteps;

    private static IEnumerable<(string Tag, double Value)> Scalars(StepPoint step) =>
        new (string Tag, double? Value)[]
        {
            ("loss/discriminator", step.DiscriminatorLoss), ("loss/generator", step.GeneratorLoss), ("score/real", step.ScoreReal),
            ("score/wrong", step.ScoreWrong), ("score/fake", step.ScoreFake), ("gradient/discriminator", step.DiscriminatorGradient),
            ("gradient/generator", step.GeneratorGradient), ("training/learning rate", step.LearningRate),
            ("training/milliseconds a step", step.Milliseconds),
        }.Where(scalar => scalar.Value is not null).Select(scalar => (scalar.Tag, scalar.Value!.Value));

    private void Add(long step, string tag, Drawing drawing) =>
        _file!.Add(EventRecord.Picture(EventFile.Now, step, tag, drawing.Width, drawing.Height, drawing.ToPng()));

    private void Try(Action write)
    {
        if (_failed)
            return;
        try
        {
            write();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            _failed = true;
            _next.Warning($"nothing more is written for TensorBoard: {error.Message.TrimEnd('.')}");
        }
    }
}
