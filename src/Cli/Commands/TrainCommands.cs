using System.CommandLine;
using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary><c>train</c>: everything that learns.</summary>
internal static class TrainCommands
{
    private delegate RunSummary Training(RunKind kind, RunOptions options, IRunReporter reporter, CancellationToken cancel);

    public static Command Build(Terminal terminal) =>
        new("train", "Trains models; each run ends with pictures to look at, figures and a checkpoint.")
        {
            SoundToImage(terminal),
            ImageToSound(terminal),
            BothDirections(terminal),
            Alone(terminal, new DocumentedCommand(
                "sound-classifier",
                "Trains only the classifier that names the instrument of a sound, as train s2i does before its GAN.",
                new Example("train sound-classifier",
                    "How well sounds can be told apart; the confusion matrix shows which are mistaken for one another."),
                OnThePapersData("sound-classifier")),
                RunKind.SoundClassifier, preset => preset.SoundClassifier),
            Alone(terminal, new DocumentedCommand(
                "image-classifier",
                "Trains only the classifier that names the instrument in a picture: the judge of what a GAN draws.",
                new Example("train image-classifier", "How far the judge of generated pictures can be trusted on real ones."),
                OnThePapersData("image-classifier")),
                RunKind.ImageClassifier, preset => preset.ImageClassifier),
            Alone(terminal, new DocumentedCommand(
                "sound-autoencoder",
                "Trains only the autoencoder, which needs no labels: its code keeps what the spectrogram can be drawn again from.",
                new Example("train sound-autoencoder",
                    "How much of a sound 64 numbers keep; a picture shows sounds beside what is left of them."),
                OnThePapersData("sound-autoencoder")),
                RunKind.SoundAutoencoder, preset => preset.SoundAutoencoder, "autoencoder"),
        };

    private static Command SoundToImage(Terminal terminal) => Gan(terminal, RunKind.SoundToImage, new DocumentedCommand(
        "s2i",
        "Trains sound to image: the sound classifier whose code is the condition, the judge, and the GAN; then measures how many generated "
            + "pictures show the right instrument.",
        new Example("train s2i", "The whole way from made-up songs and players to drawn pictures, small enough for two cores."),
        new Example("train s2i --data data/Sub-URMP --preset paper --out runs/paper", "The paper's networks on the paper's data."),
        new Example("train s2i --variant n", "The paper's S2I-N: without wrong pairs."),
        new Example("train s2i --preset tiny --device cuda-sim --steps 3",
            "A run in miniature on the CUDA kernels, without a GPU, each memory access checked."),
        Continue("s2i", "paper"),
        Again("s2i", "paper")));

    private static Command ImageToSound(Terminal terminal) => Gan(terminal, RunKind.ImageToSound, new DocumentedCommand(
        "i2s",
        "Trains image to sound: the image classifier whose code is the condition, the judge, and a GAN that makes log-mel spectrograms; "
            + "then measures how many sound like the right instrument.",
        new Example("train i2s", "From pictures of players to spectrograms that can be heard, small enough for two cores."),
        new Example("train i2s --data data/Sub-URMP --preset paper --out runs/paper-i2s", "The paper's networks on the paper's data."),
        Continue("i2s", "paper-i2s"),
        Again("i2s", "paper-i2s")));

    private static Command BothDirections(Terminal terminal) => Gan(terminal, RunKind.Cmcgan, new DocumentedCommand(
        "cmcgan",
        "Trains sound to image and image to sound in one model (CMCGAN, Hao et al. 2018): two judges, then encoders and shared decoders "
            + "against a discriminator of pairs; then measures both directions.",
        new Example("train cmcgan", "Both directions on made-up songs and players, small enough for two cores."),
        new Example("train cmcgan --data data/Sub-URMP --preset paper --out runs/cmcgan",
            "On the paper's data, with its widths and schedule."),
        new Example("train cmcgan --code-classes 1", "With a head that helps the codes to keep the instrument."),
        Continue("cmcgan", "cmcgan"),
        Again("cmcgan", "cmcgan")));

    private static Example OnThePapersData(string command) =>
        new($"train {command} --data data/Sub-URMP --preset paper", "The same on the paper's data.");

    private static Example Continue(string command, string run) =>
        new($"train {command} --resume runs/{run} --epochs 300", "Continues where it was stopped (Ctrl-C saves), or trains for longer.");

    private static Example Again(string command, string run) =>
        new($"train {command} --out runs/{run} --continue", "Begins a run or goes on with it: a line that a scheduler may start again.");

    private static DocumentedCommand Gan(Terminal terminal, RunKind kind, DocumentedCommand command)
    {
        var shared = new TrainingOptions(preset => (kind == RunKind.Cmcgan ? CmcganPresets.Over(preset) : preset).Gan.Epochs,
            preset => preset.Gan.Batch, "GAN", command.Name);
        var settings = new SettingOptions(kind);
        var steps = Options.Whole("--steps", "GAN steps instead of epochs.");
        var again = new Option<bool>("--continue")
        {
            Description = "With --out: goes on with the run that is in the folder, begins one where there is none, and does nothing where "
                + "it is finished, so that the same line can be given again and again.",
        };
        var board = new Option<bool>("--tensorboard")
        {
            Description = "Also writes event files into the run folder, for tensorboard --logdir: curves, samples, confusion, sounds. A "
                + "run that has some goes on with them without being told.",
        };
        var resume = Options.Path("--resume", "DIR",
            "A run folder to continue from its last checkpoint, with its own settings; only --epochs, --steps and where to compute may "
                + "differ.");
        foreach (var option in new Option[] { shared.Data, shared.Preset, shared.Epochs, steps, shared.Batch, shared.Pairs, shared.Seed,
            shared.Out, again, resume, board })
            command.Add(option);
        settings.AddTo(command);
        shared.Device.AddTo(command);
        Options.Exclude(command, shared.Epochs, steps);
        Options.Exclude(command, shared.Out, resume);
        Options.Need(command, again, shared.Out, "the folder of the run");
        command.RunsOnRanks = true;
        command.SetAction(parsed =>
        {
            var options = shared.Read(parsed, terminal) with
            {
                Settings = settings.Read(parsed),
                Steps = parsed.GetValue(steps),
                Resume = parsed.GetValue(resume),
                Continue = parsed.GetValue(again),
                TensorBoard = parsed.GetValue(board),
            };
            return OnRanks.Run(terminal, options.Device, (terminal, device) =>
            {
                if (!device.Ranks.IsFirst)
                    return Follow(terminal, kind, device);
                var folder = SummaryTable.Shorten(Run(terminal, GanTraining.Train, kind, options with { Device = device }).Folder);
                terminal.Say(kind == RunKind.ImageToSound
                    ? $"hear a picture: {CommandTree.ProgramName} generate i2s --run {folder} --input FILE.jpg --output FILE.wav"
                    : $"draw a sound: {CommandTree.ProgramName} generate s2i --run {folder} --input FILE.wav --output FILE.png");
                return ExitCodes.Done;
            });
        });
        return command;
    }

    private static DocumentedCommand Alone(Terminal terminal, DocumentedCommand command, RunKind kind,
        Func<RunSettings, ClassifierSettings> settings, string what = "classifier")
    {
        var shared = new TrainingOptions(preset => settings(preset).Epochs, preset => settings(preset).Batch, what, command.Name);
        foreach (var option in new Option[] { shared.Data, shared.Preset, shared.Epochs, shared.Batch, shared.Pairs, shared.Seed,
            shared.Out })
            command.Add(option);
        shared.Device.AddTo(command);
        command.SetAction(parsed =>
        {
            Run(terminal, SoloTraining.Train, kind, shared.Read(parsed, terminal));
            return ExitCodes.Done;
        });
        return command;
    }

    private static int Follow(Terminal terminal, RunKind kind, DeviceSettings device)
    {
        using var interruption = Interruption.Watch(terminal);
        GanTraining.Follow(kind, device, interruption.Token);
        return ExitCodes.Done;
    }

    private static RunSummary Run(Terminal terminal, Training train, RunKind kind, RunOptions options)
    {
        using var interruption = Interruption.Watch(terminal);
        var summary = train(kind, options, terminal.Reporter, interruption.Token);
        SummaryTable.Show(terminal, summary);
        return summary.RequireWritten();
    }
}
