using CrossModal.Audio;
using CrossModal.Evaluation;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal;

/// <summary>
/// A trained run, opened from its folder: it draws pictures of sounds, makes sounds of pictures, and can be measured again. Networks are
/// loaded when they are first needed and kept until it is disposed. Not for several threads at once.
/// </summary>
public sealed class TrainedRun : IDisposable
{
    private readonly SavedRun _saved;
    private readonly RunSettings _run;
    private readonly Device _device;
    private readonly bool _ownsDevice;
    private readonly Dictionary<Direction, GenerationNetworks> _networks = [];
    private bool _disposed;

    private TrainedRun(SavedRun saved, Device device, bool ownsDevice) =>
        (_saved, _run, _device, _ownsDevice) = (saved, saved.Run, device, ownsDevice);

    /// <summary>The run folder, from the root.</summary>
    public string Folder => _saved.Folder.Path;

    /// <summary>The names of the instruments that it was trained on, in order.</summary>
    public IReadOnlyList<string> Classes => _run.Classes;

    /// <summary>Whether it draws pictures of sounds.</summary>
    public bool MakesImages => Makes(Direction.SoundToImage);

    /// <summary>Whether it makes sounds of pictures.</summary>
    public bool MakesSounds => Makes(Direction.ImageToSound);

    /// <summary>Width and height, in pixels, of the pictures that it makes and sees.</summary>
    public int ImageSize => _run.Model.ImageSize;

    /// <summary>
    /// Trains a run into a new folder and opens it: encoder, judge and GAN, a picture of samples each epoch, and an evaluation at the end.
    /// </summary>
    /// <param name="folder">The run folder to make; it must not hold a run.</param>
    /// <param name="request">What to train.</param>
    /// <param name="reporter">Told how far it is; null to be silent.</param>
    /// <param name="cancel">Stops the training, after saving.</param>
    /// <exception cref="BadInputException">
    /// The request names what there is not or contradicts itself, the data cannot be used, or the folder holds a run.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static TrainedRun Train(string folder, TrainingRequest request, IRunReporter? reporter = null,
        CancellationToken cancel = default)
    {
        var kinds = RunKind.All.Where(kind => kind.Directions.Count > 0).ToArray();
        var kind = kinds.FirstOrDefault(kind => kind.Name == request.Model) ?? throw new BadInputException(
            $"there is no model '{request.Model}'; choose one of {string.Join(", ", kinds.Select(kind => kind.Name))}");
        var options = new RunOptions
        {
            Data = request.Data,
            Preset = request.Preset,
            Device = request.Device,
            Epochs = request.Epochs,
            Steps = request.Steps,
            Pairs = request.Pairs,
            Seed = request.Seed,
            Out = folder,
        };
        GanTraining.Train(kind, options, reporter ?? new SilentReporter(), cancel).RequireWritten();
        return Open(folder, request.Device);
    }

    /// <summary>Opens a finished run on the fastest device of this machine.</summary>
    /// <param name="folder">The run folder: with <c>run.json</c> and <c>checkpoints</c> in it.</param>
    /// <exception cref="BadInputException">The folder holds no run, one that generates nothing, or an unfinished one.</exception>
    public static TrainedRun Open(string folder) => Open(folder, new DeviceSettings());

    /// <summary>Opens a finished run on a device that is opened for it and closed with it.</summary>
    /// <param name="folder">The run folder: with <c>run.json</c> and <c>checkpoints</c> in it.</param>
    /// <param name="settings">The device to compute on; it need not be the one that the run was trained on.</param>
    /// <exception cref="BadInputException">
    /// The folder holds no run, one that generates nothing, or an unfinished one; or there is no such device.
    /// </exception>
    public static TrainedRun Open(string folder, DeviceSettings settings)
    {
        var saved = Read(folder);
        return new TrainedRun(saved, Device.Open(settings), ownsDevice: true);
    }

    /// <summary>Opens a finished run on a device of the caller's, which must live longer than the run.</summary>
    /// <param name="folder">The run folder: with <c>run.json</c> and <c>checkpoints</c> in it.</param>
    /// <param name="device">The device to compute on; it need not be the one that the run was trained on.</param>
    /// <exception cref="BadInputException">The folder holds no run, one that generates nothing, or an unfinished one.</exception>
    public static TrainedRun Open(string folder, Device device) => new(Read(folder), device, ownsDevice: false);

    /// <summary>Draws the player of a sound.</summary>
    /// <param name="sound">Of any length and sample rate; its loudest half second counts.</param>
    /// <param name="seed">What the noise is drawn from: the same seed gives the same picture.</param>
    /// <returns>A picture of <see cref="ImageSize"/> × <see cref="ImageSize"/> pixels.</returns>
    /// <exception cref="BadInputException">The sound is silent, the run makes no pictures, or a checkpoint is damaged.</exception>
    /// <exception cref="NonFiniteException">A network of the run makes numbers that are not finite.</exception>
    public RgbImage Generate(AudioClip sound, ulong seed = 2017) => Generate(sound, 1, seed)[0];

    /// <summary>Draws the player of a sound several times, each from noise of its own.</summary>
    /// <param name="sound">Of any length and sample rate; its loudest half second counts.</param>
    /// <param name="count">How many pictures, at least 1. They are made in one batch.</param>
    /// <param name="seed">What the noise is drawn from: the same seed gives the same pictures.</param>
    /// <returns>Pictures of <see cref="ImageSize"/> × <see cref="ImageSize"/> pixels.</returns>
    /// <exception cref="BadInputException">The sound is silent, the run makes no pictures, or a checkpoint is damaged.</exception>
    /// <exception cref="NonFiniteException">A network of the run makes numbers that are not finite.</exception>
    public IReadOnlyList<RgbImage> Generate(AudioClip sound, int count, ulong seed = 2017)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var networks = Load(Direction.SoundToImage);
        using var scope = new Scope();
        return SamplePicture.OfBatch(networks.Generate(networks.Spectrogram(sound), count, seed));
    }

    /// <summary>
    /// Draws the player of a sound while it goes on: a picture for each moment, of the half second that begins there, all from the same
    /// noise, so that the player stays and the pose follows the sound. Where nothing sounds, the picture before stays; before the first
    /// sound stands the first picture.
    /// </summary>
    /// <param name="sound">Of any length and sample rate.</param>
    /// <param name="picturesPerSecond">1 to <see cref="Animation.MostPicturesPerSecond"/>.</param>
    /// <param name="seed">What the noise is drawn from: the same seed gives the same player.</param>
    /// <returns>The pictures, which are drawn when they are asked for: this run must not be disposed before.</returns>
    /// <exception cref="BadInputException">The sound is silent, the run makes no pictures, or a checkpoint is damaged.</exception>
    public Animation Animate(AudioClip sound, int picturesPerSecond = 20, ulong seed = 2017)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(picturesPerSecond, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(picturesPerSecond, Animation.MostPicturesPerSecond);
        var frames = new SoundFrames(Load(Direction.SoundToImage), sound, picturesPerSecond, seed);
        return new Animation(frames.Pictures(), frames.Count, picturesPerSecond, ImageSize);
    }

    /// <summary>Makes the sound of what a picture shows.</summary>
    /// <param name="image">Of any size; its middle square is seen.</param>
    /// <param name="seed">What the noise is drawn from: the same seed gives the same sound.</param>
    /// <returns>Half a second at 44.1 kHz.</returns>
    /// <exception cref="BadInputException">The run makes no sounds, or a checkpoint is damaged.</exception>
    /// <exception cref="NonFiniteException">A network of the run makes numbers that are not finite.</exception>
    public GeneratedSound Generate(RgbImage image, ulong seed = 2017) => Generate(image, 1, seed)[0];

    /// <summary>Makes the sound of what a picture shows several times, each from noise of its own.</summary>
    /// <param name="image">Of any size; its middle square is seen.</param>
    /// <param name="count">How many sounds, at least 1. They are made in one batch.</param>
    /// <param name="seed">What the noise is drawn from: the same seed gives the same sounds.</param>
    /// <returns>Sounds of half a second at 44.1 kHz.</returns>
    /// <exception cref="BadInputException">The run makes no sounds, or a checkpoint is damaged.</exception>
    /// <exception cref="NonFiniteException">A network of the run makes numbers that are not finite.</exception>
    public IReadOnlyList<GeneratedSound> Generate(RgbImage image, int count, ulong seed = 2017)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var networks = Load(Direction.ImageToSound);
        using var scope = new Scope();
        var spectrograms = networks.Generate(networks.Picture(image), count, seed);
        var (values, sounds) = (spectrograms.ToArray(), networks.Invert(spectrograms, seed));
        var layout = _run.Model.Spectrogram;
        return [.. values.Chunk(layout.Length).Zip(sounds, (spectrogram, sound) => new GeneratedSound(sound, spectrogram, layout))];
    }

    /// <summary>What the run's encoder hears in a sound; null where it was trained without names.</summary>
    /// <param name="sound">Of any length and sample rate; its loudest half second counts.</param>
    /// <exception cref="BadInputException">The sound is silent, the run makes no pictures, or a checkpoint is damaged.</exception>
    /// <exception cref="NonFiniteException">A network of the run makes numbers that are not finite.</exception>
    public Recognition? Recognize(AudioClip sound)
    {
        var networks = Load(Direction.SoundToImage);
        using var scope = new Scope();
        return networks.Name(networks.Spectrogram(sound), Classes);
    }

    /// <summary>What the run's encoder sees in a picture; null where it was trained without names.</summary>
    /// <param name="image">Of any size; its middle square is seen.</param>
    /// <exception cref="BadInputException">The run makes no sounds, or a checkpoint is damaged.</exception>
    /// <exception cref="NonFiniteException">A network of the run makes numbers that are not finite.</exception>
    public Recognition? Recognize(RgbImage image)
    {
        var networks = Load(Direction.ImageToSound);
        using var scope = new Scope();
        return networks.Name(networks.Picture(image), Classes);
    }

    /// <summary>
    /// Measures the last checkpoint as the training did at its end: how many generated samples the judge names right, how far they are from
    /// real ones, whether they follow their condition, and how much they differ. Also writes <c>evaluation.json</c> and the pictures
    /// beside it into the run folder, replacing those that are there; for other data <c>evaluation-NAME.json</c> and its own pictures.
    /// Where they cannot be written, the reporter is warned. Takes minutes.
    /// </summary>
    /// <param name="data">A data set with the same classes to measure on; null for the one that the run was trained on.</param>
    /// <param name="reporter">Told how far it is; null to be silent.</param>
    /// <param name="cancel">Stops the measurement; the figures of before then stay.</param>
    /// <exception cref="BadInputException">The data are missing or have other classes, or a checkpoint is damaged.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public EvaluationReport Evaluate(string? data = null, IRunReporter? reporter = null, CancellationToken cancel = default)
    {
        reporter ??= new SilentReporter();
        var (report, summary) = Measure(data, reporter, cancel);
        if (summary.Unwritten is { } reason)
            reporter.Warning(reason);
        return report;
    }

    /// <summary>Lets go of the networks, and of the device where it was opened for this run.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var networks in _networks.Values)
            networks.Dispose();
        if (_ownsDevice)
            _device.Dispose();
    }

    /// <summary>As <see cref="Evaluate"/>, with the rows and pictures that a run ends with on the screen.</summary>
    internal (EvaluationReport Report, RunSummary Summary) Measure(string? data, IRunReporter reporter, CancellationToken cancel)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return Evaluator.Evaluate(_device, _saved, data, reporter, cancel);
    }

    private static SavedRun Read(string folder) => SavedRun.Open(folder, RunKind.All.Where(kind => kind.Directions.Count > 0));

    private bool Makes(Direction direction) => _run.Kind.Directions.Contains(direction);

    private GenerationNetworks Load(Direction direction)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_networks.TryGetValue(direction, out var networks))
        {
            _saved.Require(RunKind.All.Where(kind => kind.Directions.Contains(direction)));
            _networks.Add(direction, networks = new GenerationNetworks(_device, _saved, direction));
        }

        return networks;
    }
}
