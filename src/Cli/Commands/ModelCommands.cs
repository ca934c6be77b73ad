using System.CommandLine;
using CrossModal.Pipelines;

namespace CrossModal.Cli;

/// <summary>What is done with a trained run: <c>generate</c> and <c>evaluate</c>.</summary>
internal static class ModelCommands
{
    private const int MostPictures = 1024;

    public static Command Generate(Terminal terminal) =>
        new("generate", "Makes one modality from the other with a trained run.") { SoundToImage(terminal), ImageToSound(terminal) };

    public static Command Evaluate(Terminal terminal)
    {
        var run = Options.RequiredPath("--run", "DIR", "The folder of a run of train s2i, train i2s or train cmcgan.");
        var data = Options.Path("--data", "synthetic|DIR", "Other data with the same classes to measure on; without it those of the run.");
        var device = new DeviceOptions();
        var command = new DocumentedCommand(
            "evaluate",
            "Measures a run again: how many generated pictures or spectrograms the judge names right, by class, and more; writes "
                + "evaluation.json and confusion.png into the run folder.",
            new Example("evaluate --run runs/paper", "The figures of the last checkpoint."),
            new Example("evaluate --run runs/paper --data data/Sub-URMP", "The same on other songs of the same instruments."))
        {
            run, data,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            using var interruption = Interruption.Watch(terminal, "stopping…");
            SummaryTable.Show(terminal, Evaluator.Evaluate(
                parsed.GetValue(run)!, parsed.GetValue(data), device.Read(parsed, terminal), terminal.Reporter, interruption.Token));
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command SoundToImage(Terminal terminal)
    {
        var run = Options.RequiredPath("--run", "DIR", "The folder of a run of train s2i or train cmcgan.");
        var input = Options.RequiredPath("--input", "FILE.wav",
            "The sound, of any length and sample rate; its loudest half second is heard.");
        var output = Options.RequiredPath("--output", "FILE.png", "The picture to write; a file of that name is replaced.", ending: ".png");
        var count = Options.Whole("--count", "Pictures to draw of the sound, each from noise of its own; more than one come as a grid.", 1,
            MostPictures, 1);
        var seed = Options.Seed("What the noise is drawn from: the same seed gives the same picture.", 2017);
        var device = new DeviceOptions();
        var command = new DocumentedCommand(
            "s2i",
            "Draws the player of a sound.",
            new Example("generate s2i --run runs/paper --input cello.wav --output cello.png", "One picture of whoever plays in cello.wav."),
            new Example("generate s2i --run runs/paper --input cello.wav --output cellos.png --count 16 --seed 3",
                "Sixteen attempts side by side, to see how they differ."))
        {
            run, input, output, count, seed,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            var file = parsed.GetValue(output)!;
            SoundToImageGeneration.Generate(
                parsed.GetValue(run)!, parsed.GetValue(input)!, file, parsed.GetValue(count)!.Value, parsed.GetValue(seed),
                    device.Read(parsed, terminal),
                terminal.Reporter);
            terminal.Say($"written: {SummaryTable.Shorten(Path.GetFullPath(file))}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static Command ImageToSound(Terminal terminal)
    {
        var run = Options.RequiredPath("--run", "DIR", "The folder of a run of train i2s or train cmcgan.");
        var input = Options.RequiredPath("--input", "FILE.jpg",
            "The picture: JPEG, PNG, WebP or BMP of any size; its middle square is seen.");
        var output = Options.RequiredPath("--output", "FILE.wav",
            "The sound to write, half a second; its spectrogram is written beside it as .png. Files of these names are replaced.",
            ending: ".wav");
        var count = Options.Whole("--count", "Sounds to make of the picture, each from noise of its own; more than one are numbered.", 1,
            MostPictures, 1);
        var seed = Options.Seed("What the noise is drawn from: the same seed gives the same sound.", 2017);
        var device = new DeviceOptions();
        var command = new DocumentedCommand(
            "i2s",
            "Plays what a picture shows: makes a spectrogram of it, and a sound of that.",
            new Example("generate i2s --run runs/i2s --input cello.jpg --output cello.wav",
                "A sound to listen to, and cello.png, its spectrogram."),
            new Example("generate i2s --run runs/i2s --input cello.jpg --output cello.wav --count 4 --seed 3",
                "Four attempts, cello-1.wav to cello-4.wav."))
        {
            run, input, output, count, seed,
        };
        device.AddTo(command);
        command.SetAction(parsed =>
        {
            var files = ImageToSoundGeneration.Generate(
                parsed.GetValue(run)!, parsed.GetValue(input)!, parsed.GetValue(output)!, parsed.GetValue(count)!.Value,
                    parsed.GetValue(seed), device.Read(parsed, terminal),
                terminal.Reporter);
            foreach (var file in files)
                terminal.Say($"written: {SummaryTable.Shorten(Path.GetFullPath(file))}");
            return ExitCodes.Done;
        });
        return command;
    }
}
