using System.Diagnostics;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Cli;

/// <summary>The commands <c>generate</c> and <c>evaluate</c> on the tiny run.</summary>
public sealed class GenerateTests(TinyRun tiny) : RunTests(tiny)
{
    private string? _folder;

    private string Folder => _folder ??= Directory.CreateDirectory(Path.Combine(Tiny.Root, $"generated-{Guid.NewGuid():N}")).FullName;

    [Fact]
    public void APictureIsWrittenAndItsSoundNamed()
    {
        var drawn = Draw(Sound("tone", TinyData.Tone(1, 0.5, 77)), "tone.png");
        Assert.Equal("", drawn.Error);
        Assert.Contains("tone.wav sounds like oboe (", drawn.Output);
        Assert.Contains("written: ", drawn.Output);
        Assert.Equal((64, 64), ImageFile.ReadSize(Path.Combine(Folder, "tone.png")));
    }

    [Fact]
    public void SeveralPicturesComeAsAGrid()
    {
        var input = Sound("tone", TinyData.Tone(0, 0.5, 77));
        var (row, rows) = (Size(3), Size(11));
        Assert.True(row.Width > 3 * 4 * 64 && row.Height > 4 * 64, $"{row}");

        // Eight stand in a row, so eleven take two.
        Assert.True(rows.Width > 8 * 4 * 64 && rows.Height > 2 * 4 * 64 && rows.Height < 3 * 4 * 64, $"{rows}");

        (int Width, int Height) Size(int count)
        {
            Assert.Equal(0, Draw(input, $"{count}.png", count).ExitCode);
            return ImageFile.ReadSize(Path.Combine(Folder, $"{count}.png"));
        }
    }

    [Fact]
    public void ASilentSoundIsRefusedAClippedOneWarnedOfAndAShortOneMentioned()
    {
        var silent = Sound("silent", new float[30000]);
        Assert.Contains($"{silent}: is silent", Draw(silent, "never.png").Failure());
        Assert.False(File.Exists(Path.Combine(Folder, "never.png")));

        var tone = TinyData.Tone(0, 0.5, 8);
        Assert.DoesNotContain("warning", Draw(Sound("clean", tone), "clean.png").Output);
        Assert.Contains("warning: cut.wav: is clipped (",
            Draw(Sound("cut", [.. tone.Select(sample => Math.Clamp(4 * sample, -1, 1))]), "cut.png").Output);
        Assert.Contains("brief.wav lasts 0.20 s and is filled up with silence to 0.5 s",
            Draw(Sound("brief", tone[..8820]), "brief.png").Output);
    }

    [Fact]
    public void WhatIsNoSoundIsRefusedInOneLineAndNothingIsWritten()
    {
        var text = Path.Combine(Folder, "text.wav");
        File.WriteAllText(text, "this is no sound");
        var cut = Sound("cut", TinyData.Tone(0, 0.5, 5));
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..30]);
        foreach (var input in new[] { text, cut, Path.Combine(Folder, "absent.wav") })
            Assert.Contains(input, Draw(input, "never.png").Failure());
        Assert.Empty(Directory.GetFiles(Folder, "*.png"));
    }

    [Fact]
    public void APipeIsRefusedByWhatItIs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such pipes");
        var pipe = Path.Combine(Folder, "pipe.wav");
        using (var made = Process.Start("mkfifo", [pipe]))
            made.WaitForExit();
        Assert.EndsWith($"{pipe}: is a pipe or a device and no sound file; write what it gives to a file, and give that",
            Draw(pipe, "never.png").Failure());
    }

    /// <summary>Whatever path leads there: the output is refused before anything is written, and the input stays.</summary>
    [Fact]
    public void AnOutputThatIsTheInputIsRefused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        var input = Sound("tone", TinyData.Tone(1, 0.5, 77));
        var before = File.ReadAllBytes(input);
        File.CreateSymbolicLink(Path.Combine(Folder, "link.png"), input);
        using (var made = Process.Start("ln", [input, Path.Combine(Folder, "hard.png")]))
            made.WaitForExit();
        foreach (var output in new[] { "link.png", "hard.png" })
            Assert.Equal($"error: --output {Path.Combine(Folder, output)}: is the same file as {input}, which it is made of; "
                + "choose another name", Draw(input, output).Failure());
        var picture = Path.Combine(Folder, "picture.wav");
        File.Copy(Tiny.Whole.Confusion, picture);
        Assert.Contains("is the same file as", Invocation.InProcess("generate", "i2s", "--run", Tiny.Whole.Path, "--input", picture,
            "--output", Path.GetRelativePath(Environment.CurrentDirectory, Path.Combine(Folder, ".", "picture.wav"))).Failure());
        Assert.Equal(before, File.ReadAllBytes(input));
    }

    [Fact]
    public void WhatIsThereAndNotOursIsNotWrittenOver()
    {
        var input = Sound("tone", TinyData.Tone(1, 0.5, 77));
        var (thesis, folder) = (Path.Combine(Folder, "thesis.png"), Path.Combine(Folder, "folder.png"));
        File.WriteAllText(thesis, "years of work");
        Directory.CreateDirectory(folder);
        Assert.EndsWith($"{thesis}: is there already and no .png file; choose another name, or remove it",
            Draw(input, "thesis.png").Failure());
        Assert.EndsWith($"{folder}: is a folder; give the name of a file", Draw(input, "folder.png").Failure());
        Assert.Equal("years of work", File.ReadAllText(thesis));
        Assert.EndsWith($"{thesis}: is there already and no .json file; choose another name, or remove it",
            Invocation.InProcess("bench", "step", "--json", thesis).Failure());

        // A picture of that name is what the help says is replaced.
        Assert.Equal(0, Draw(input, "again.png").ExitCode);
        Assert.Equal(0, Draw(input, "again.png").ExitCode);
    }

    [Fact]
    public void WhatStandsBesideAnOutputGetsANameThatIsFree()
    {
        string Free(string name) => Path.GetFileName(OutputFile.Beside(Path.Combine(Folder, name), ".png", "spectrogram"));
        Assert.Equal("cello.png", Free("cello.wav"));
        File.WriteAllText(Path.Combine(Folder, "cello.png"), "");
        Assert.Equal("cello.spectrogram.png", Free("cello.wav"));
        File.WriteAllText(Path.Combine(Folder, "cello.spectrogram.png"), "");
        Assert.Equal("cello.spectrogram-2.png", Free("cello.wav"));
        File.WriteAllText(Path.Combine(Folder, "cello-2.wav"), "");
        Assert.Equal(["cello-1.wav", "cello-3.wav"],
            OutputFile.Numbered(Path.Combine(Folder, "cello.wav")).Take(2).Select(Path.GetFileName));
    }

    /// <summary>The library does not know how a user of the command line continues a run; the program does.</summary>
    [Fact]
    public void AnUnfinishedRunIsToldHowToContinue()
    {
        var folder = CopyOfWhole();
        File.Delete(folder.Last);
        Assert.EndsWith($"{folder.Last}: not there; the run is not finished; continue it with --resume {folder.Path}",
            Invocation.InProcess("evaluate", "--run", folder.Path, "--device", "cpu").Failure());
    }

    private string Sound(string name, float[] samples)
    {
        var path = Path.Combine(Folder, $"{name}.wav");
        TinyData.WriteSound(path, samples);
        return path;
    }

    private Invocation Draw(string input, string output, int count = 1) => Invocation.InProcess("generate", "s2i", "--run", Tiny.Whole.Path,
        "--input", input, "--output", Path.Combine(Folder, output), "--count", $"{count}", "--device", "cpu", "--threads", "1");
}
