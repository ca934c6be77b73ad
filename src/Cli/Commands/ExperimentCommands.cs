using System.CommandLine;
using CrossModal.Experiments;
using CrossModal.Runs;

namespace CrossModal.Cli;

/// <summary><c>experiment</c>: the paper's tables, measured here beside the paper's figures.</summary>
internal static class ExperimentCommands
{
    private delegate RunSummary Experiment(RunOptions options, IRunReporter reporter, CancellationToken cancel);

    public static Command Build(Terminal terminal) =>
        new("experiment", "Reproduces the paper's tables and plots, each with one command that can be stopped and continued.")
    {
        Make(
            terminal, "variants", VariantsExperiment.Run, OfGan("variants"),
            "Trains S2I-C, S2I-N, S2I-A, image to sound and CMCGAN, and puts the accuracy of what they generate beside the paper's Table "
                + "5; accuracy by epoch is drawn as in its Fig. 9.",
            new Example("experiment variants --out runs/variants",
                "All of them on the built-in data; after Ctrl-C, the same command continues."),
            new Example("experiment variants --data data/Sub-URMP --preset paper --out runs/table-5",
                "The paper's own experiment on its own data.")),
        Make(
            terminal, "scenarios", ScenariosExperiment.Run, OfGan("scenarios"),
            "Trains sound to image instrument-oriented and pose-oriented, and measures for both how well pictures show the pose that their "
                + "sound asks for, compared with shuffled sounds and with real pictures.",
            new Example("experiment scenarios --out runs/scenarios",
                "Both on the built-in data, which record the pose of every picture; after Ctrl-C, the same command continues.")),
        Make(
            terminal, "options", OptionsExperiment.Run, OfGan("options"),
            "Trains sound to image with the paper's loss alone, once with each option of preset best added, and once with all of them, to "
                + "see what each is worth.",
            new Example("experiment options --epochs 10 --out runs/options",
                "Short runs on the built-in data; after Ctrl-C, the same command continues.")),
        Make(
            terminal, "representations", RepresentationsExperiment.Run,
            new TrainingOptions(preset => preset.SoundClassifier.Epochs, preset =>
                preset.SoundClassifier.Batch, "classifiers", "representations"),
            "Trains the sound classifier with 3 and with 4 convolutions on five representations of sound, MS, LMS, CQT, MFCC and STFT, and "
                + "puts their accuracies beside the paper's table.",
            new Example("experiment representations --out runs/representations",
                "All ten on the built-in data; after Ctrl-C, the same command continues with what is left."),
            new Example("experiment representations --data data/Sub-URMP --preset paper --out runs/sounds",
                "The paper's own experiment on its own data.")),
    };

    private static TrainingOptions OfGan(string name) => new(preset => preset.Gan.Epochs, preset => preset.Gan.Batch, "GAN", name);

    private static DocumentedCommand Make(Terminal terminal, string name, Experiment run, TrainingOptions shared, string description,
        params Example[] examples)
    {
        var command = new DocumentedCommand(name, description, examples) { shared.Data, shared.Preset, shared.Epochs, shared.Pairs,
            shared.Seed, shared.Out };
        shared.Device.AddTo(command);
        command.SetAction(parsed =>
        {
            using var interruption = Interruption.Watch(terminal);
            SummaryTable.Show(terminal, run(shared.Read(parsed, terminal), terminal.Reporter, interruption.Token));
            return ExitCodes.Done;
        });
        return command;
    }
}
