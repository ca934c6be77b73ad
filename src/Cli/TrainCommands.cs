using System.CommandLine;
using CrossModal.Adversarial;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary><c>train</c>: everything that learns.</summary>
internal static class TrainCommands
{
    private delegate RunSummary Training(RunOptions options, IRunReporter reporter, CancellationToken cancel);

    public static Command Build(Terminal terminal) =>
        new("train", "Trains models; each run ends with pictures to look at, figures, and a checkpoint.")
    {
        Gan(terminal, RunKind.SoundToImage),
        Gan(terminal, RunKind.ImageToSound),
        BothDirections(terminal),
        Alone(
            terminal, RunKind.SoundClassifier,
                "Trains the classifier that names the instrument of a sound, alone, as train s2i does before its GAN.",
            preset => preset.SoundClassifier,
                "How well sounds can be told apart; the confusion matrix shows which are taken for one another."),
        Alone(
            terminal, RunKind.ImageClassifier,
                "Trains the classifier that names the instrument in a picture, alone: the judge of what a GAN draws.",
            preset => preset.ImageClassifier, "How far the judge of generated pictures can be trusted on real ones."),
        Alone(
            terminal, RunKind.SoundAutoencoder,
                "Trains, without any labels, the code that a sound's spectrogram can be drawn again from, alone.",
            preset => preset.SoundAutoencoder, "How much of a sound 64 numbers keep; a picture shows sounds beside what is left of them.",
                "autoencoder"),
    };

    private static Command Gan(Terminal terminal, RunKind kind)
    {
        var word = kind.Name;
        var shared = new TrainingOptions(preset => preset.Gan.Epochs, preset => preset.Gan.Batch, "GAN", word);
        var gan = new GanOptions(kind);
        var steps = Options.Whole("--steps", "GAN steps instead of epochs.");
        var resume =
            Options.Path("--resume", "DIR",
            "A run folder to continue from its last checkpoint, with its own settings; only --epochs, --steps and where to compute may "
            + "differ.");
        Example[] examples = kind == RunKind.SoundToImage
            ?
            [
                new("train s2i", "The whole way from made-up songs and players to drawn pictures, small enough for two cores."),
                new("train s2i --data data/Sub-URMP --preset paper --out runs/paper", "The paper's networks on the paper's data."),
                new("train s2i --variant n", "The paper's S2I-N: without wrong pairs."),
                new("train s2i --preset tiny --device cuda-sim --steps 3",
                    "A run in miniature on the CUDA kernels, without a GPU, each memory access checked."),
                new("train s2i --resume runs/paper --epochs 300", "Goes on where it was stopped (Ctrl-C saves), or for longer."),
            ]
            :
            [
                new("train i2s", "From pictures of players to spectrograms that can be heard, small enough for two cores."),
                new("train i2s --data data/Sub-URMP --preset paper --out runs/paper-i2s", "The paper's networks on the paper's data."),
                new("train i2s --resume runs/paper-i2s --epochs 300", "Goes on where it was stopped (Ctrl-C saves), or for longer."),
            ];
        var command = new DocumentedCommand(
            word,
            kind == RunKind.SoundToImage
                ? "Trains sound to image: the sound classifier whose code is the condition, the judge, and the GAN; then measures how many "
                    + "generated pictures show the right instrument."
                : "Trains image to sound: the image classifier whose code is the condition, the judge, and a GAN that makes log-mel "
                    + "spectrograms; then measures how many sound like the right instrument.",
            examples)
        {
            shared.Data, shared.Preset, shared.Epochs, steps, shared.Batch, shared.Pairs, shared.Seed, shared.Out, resume,
        };
        gan.AddTo(command);
        shared.Device.AddTo(command);
        Options.Exclude(command, shared.Epochs, steps);
        Options.Exclude(command, shared.Out, resume);
        command.SetAction(parsed => Run(
            terminal,
            (options, reporter, cancel) => GanTraining.Train(kind, options, reporter, cancel),
            gan.Read(parsed, shared.Read(parsed, terminal)) with { Steps = parsed.GetValue(steps), Resume = parsed.GetValue(resume) },
            folder => kind == RunKind.SoundToImage
                ? $"draw a sound: {CommandTree.ProgramName} generate s2i --run {folder} --input FILE.wav --output FILE.png"
                : $"hear a picture: {CommandTree.ProgramName} generate i2s --run {folder} --input FILE.jpg --output FILE.wav"));
        return command;
    }

    private static Command BothDirections(Terminal terminal)
    {
        var shared = new TrainingOptions(preset => CmcganPresets.Over(preset).Gan.Epochs, preset => preset.Gan.Batch, "GAN", "cmcgan");
        var gan = new GanOptions(RunKind.Cmcgan);
        var steps = Options.Whole("--steps", "GAN steps instead of epochs.");
        var resume =
            Options.Path("--resume", "DIR",
            "A run folder to continue from its last checkpoint, with its own settings; only --epochs, --steps and where to compute may "
            + "differ.");
        var command = new DocumentedCommand(
            "cmcgan",
            "Trains sound to image and image to sound in one model (CMCGAN, Hao et al. 2018): two judges, then encoders and shared "
                + "decoders against a discriminator of pairs; then measures both directions.",
            new Example("train cmcgan", "Both directions on made-up songs and players, small enough for two cores."),
            new Example("train cmcgan --data data/Sub-URMP --preset paper --out runs/cmcgan",
                "On the paper's data, with its widths and schedule."),
            new Example("train cmcgan --code-classes 1", "With a head that helps the codes to keep the instrument."),
            new Example("train cmcgan --resume runs/cmcgan --epochs 300", "Goes on where it was stopped (Ctrl-C saves), or for longer."))
        {
            shared.Data, shared.Preset, shared.Epochs, steps, shared.Batch, shared.Pairs, shared.Seed, shared.Out, resume,
        };
        gan.AddTo(command);
        shared.Device.AddTo(command);
        Options.Exclude(command, shared.Epochs, steps);
        Options.Exclude(command, shared.Out, resume);
        command.SetAction(parsed => Run(
            terminal,
            (options, reporter, cancel) => GanTraining.Train(RunKind.Cmcgan, options, reporter, cancel),
            gan.Read(parsed, shared.Read(parsed, terminal)) with { Steps = parsed.GetValue(steps), Resume = parsed.GetValue(resume) },
            folder => $"draw a sound: {CommandTree.ProgramName} generate s2i --run {folder} --input FILE.wav --output FILE.png"));
        return command;
    }

    private static Command Alone(
        Terminal terminal, RunKind kind, string description, Func<RunConfiguration, ClassifierSettings> settings, string meaning,
            string what = "classifier")
    {
        var name = kind.Name;
        var shared = new TrainingOptions(preset => settings(preset).Epochs, preset => settings(preset).Batch, what, name);
        var command = new DocumentedCommand(
            name,
            description,
            new Example($"train {name}", meaning),
            new Example($"train {name} --data data/Sub-URMP --preset paper", "The same on the paper's data."))
        {
            shared.Data, shared.Preset, shared.Epochs, shared.Batch, shared.Pairs, shared.Seed, shared.Out,
        };
        shared.Device.AddTo(command);
        command.SetAction(parsed => Run(
            terminal, (options, reporter, cancel) => SoloTraining.Train(kind, options, reporter, cancel), shared.Read(parsed, terminal)));
        return command;
    }

    private static int Run(Terminal terminal, Training train, RunOptions options, Func<string, string>? next = null)
    {
        using var interruption = Interruption.Watch(terminal);
        var summary = train(options, terminal.Reporter, interruption.Token);
        SummaryTable.Show(terminal, summary);
        if (next is not null)
            terminal.Say(next(SummaryTable.Shorten(summary.Folder)));
        return ExitCodes.Done;
    }
}
