using System.CommandLine;
using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;

namespace CrossModal.Cli;

/// <summary><c>generate</c>: makes one modality from the other with a trained run.</summary>
internal static class GenerateCommands
{
    private const int MostColumns = 8, Scale = 4;

    /// <summary>Makes samples and writes them; returns the files.</summary>
    private delegate IReadOnlyList<string> Generation(Terminal terminal, GenerationOptions.Request request);

    public static Command Build(Terminal terminal) =>
        new("generate", "Makes one modality from the other with a trained run.") { SoundToImage(terminal), ImageToSound(terminal) };

    private static DocumentedCommand SoundToImage(Terminal terminal) => Build(terminal, new DocumentedCommand(
        "s2i",
        "Draws the player of a sound: a picture of its loudest half second, or an animation of all of it.",
        new Example("generate s2i --run runs/paper --input cello.wav --output cello.png", "One picture of whoever plays in cello.wav."),
        new Example("generate s2i --run runs/paper --input cello.wav --output cellos.png --count 16 --seed 3",
            "Sixteen attempts side by side, to see how they differ."),
        new Example("generate s2i --run runs/pose --input song.wav --output song.mp4",
            "The player through the whole song, with its sound; .gif and .webp are silent and need no other program.")),
        new GenerationOptions("s2i",
            Options.RequiredPath("--input", "FILE.wav",
                "The sound, of any length and sample rate: WAV, MP3 or Ogg Vorbis, and by ffmpeg FLAC, M4A, Opus or a video. A picture "
                    + "shows its loudest half second."),
            Options.RequiredPath("--output", "FILE", "What to write: a picture (.png), or an animation of the whole sound (.gif, .webp, or "
                + ".mp4 by ffmpeg, with the sound) from one noise, enlarged to 256 pixels by whole pixels; a file of that kind and name is "
                + "replaced.",
                [".png", .. Animation.Endings]),
            "Pictures to draw of the sound, each from noise of its own; several are arranged in a grid.", animations: true), Draw);

    private static DocumentedCommand ImageToSound(Terminal terminal) => Build(terminal, new DocumentedCommand(
        "i2s",
        "Plays what a picture shows: makes a spectrogram of the picture, and a sound of the spectrogram.",
        new Example("generate i2s --run runs/i2s --input cello.jpg --output cello.wav",
            "A sound to listen to, and cello.png, its spectrogram."),
        new Example("generate i2s --run runs/i2s --input cello.jpg --output cello.wav --count 4 --seed 3",
            "Four attempts, cello-1.wav to cello-4.wav.")),
        new GenerationOptions("i2s",
            Options.RequiredPath("--input", "FILE.jpg", "The picture: JPEG, PNG, WebP or BMP of any size; its middle square is used."),
            Options.RequiredPath("--output", "FILE.wav",
                "The sound to write, half a second long; a sound of that name is replaced. Its spectrogram is written beside it as .png, "
                    + "under a name that is free.",
                ".wav"),
            "Sounds to make of the picture, each from noise of its own; several are numbered, without numbers that are taken."), Play);

    private static DocumentedCommand Build(Terminal terminal, DocumentedCommand command, GenerationOptions options, Generation generate)
    {
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            foreach (var file in generate(terminal, options.Read(parsed, terminal)))
                terminal.Say($"written: {SummaryTable.Shorten(Path.GetFullPath(file))}");
            return ExitCodes.Done;
        });
        return command;
    }

    private static IReadOnlyList<string> Draw(Terminal terminal, GenerationOptions.Request request)
    {
        Options.RequireWritable("output", request.Output, request.Ending, request.Input);
        using var run = request.Open();
        var sound = AudioClip.Load(request.Input);
        WarnOf(sound, terminal);
        var title = Title(terminal, request.Input, "sounds like", run.Recognize(sound));
        if (request.Ending != ".png")
        {
            using var interruption = Interruption.Watch(terminal, "stopping…");
            run.Animate(sound, request.PicturesPerSecond, request.Seed)
                .Save(request.Output, request.Input, terminal.Reporter, interruption.Token);
            return [request.Output];
        }

        var pictures = run.Generate(sound, request.Count, request.Seed);
        if (pictures is [var picture])
            picture.Save(request.Output);
        else
            new SampleGrid(title, [], [], [.. pictures.Chunk(MostColumns)]).Write(request.Output, Scale);
        return [request.Output];
    }

    private static IReadOnlyList<string> Play(Terminal terminal, GenerationOptions.Request request)
    {
        Options.RequireWritable("output", request.Output, ".wav", request.Input);
        using var run = request.Open();
        var picture = RgbImage.LoadSquare(request.Input, run.ImageSize);
        var title = Title(terminal, request.Input, "looks like", run.Recognize(picture));
        var written = new List<string>();
        var names = request.Count == 1 ? [request.Output] : OutputFile.Numbered(request.Output);
        foreach (var (sound, wav) in run.Generate(picture, request.Count, request.Seed).Zip(names))
        {
            sound.Save(wav);
            var spectrogram = OutputFile.Beside(wav, ".png", "spectrogram");
            sound.SaveSpectrogram(spectrogram, title);
            written.AddRange([wav, spectrogram]);
        }

        return written;
    }

    private static void WarnOf(AudioClip sound, Terminal terminal)
    {
        var (check, name) = (SoundCheck.Of(sound), Path.GetFileName(sound.Name));
        if (check.IsClipped)
            terminal.Reporter.Warning($"{name}: is clipped ({check.ClippedShare:0.0%} of its samples are at full scale), which adds "
                + "overtones; record it at a lower level");
        if (check.ScaledFrom is { } peak)
            terminal.Reporter.Warning($"{name}: goes beyond full scale (up to {peak:0.00}) and is scaled down to it");
        if (check.IsShort)
            terminal.Say($"{name} lasts {check.Seconds:0.00} s and is filled up with silence to 0.5 s");
    }

    /// <summary>Says what the encoder takes the input for, and gives a title for what is made of it.</summary>
    private static string Title(Terminal terminal, string input, string likeness, Recognition? recognized)
    {
        var file = Path.GetFileName(input);
        if (recognized is not { } found)
            return file;
        terminal.Say($"{file} {likeness} {found.Class} ({found.Probability:0%})");
        return $"{file}: {found.Class}";
    }
}
