using System.Diagnostics;
using CrossModal.Imaging;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Cli;

/// <summary><c>generate s2i</c> of a whole sound.</summary>
public sealed class AnimationCommandTests(TinyRun tiny) : RunTests(tiny)
{
    private string Folder { get; } = Directory.CreateTempSubdirectory("crossmodal-animated-").FullName;

    [Theory]
    [InlineData("tone.gif", "GIF8")]
    [InlineData("tone.webp", "RIFF")]
    public void AWholeSoundIsDrawn(string name, string begin)
    {
        var drawn = Invocation.InProcess(Arguments(name));
        Assert.Equal((0, ""), (drawn.ExitCode, drawn.Error));
        Assert.Contains($"written: ", drawn.Output, StringComparison.Ordinal);
        var written = File.ReadAllBytes(Path.Combine(Folder, name));
        Assert.Equal(begin, System.Text.Encoding.ASCII.GetString(written, 0, 4));
        Assert.Equal((256, 256), Size(written, name));

        // The same seed gives the same file, over the one that is there.
        Assert.Equal(0, Invocation.InProcess(Arguments(name)).ExitCode);
        Assert.Equal(written, File.ReadAllBytes(Path.Combine(Folder, name)));
        Assert.Equal(["sound.wav", name], Directory.GetFiles(Folder).Select(Path.GetFileName).Order());

        // What is there and of another kind stays.
        File.WriteAllText(Path.Combine(Folder, name), "years of work");
        Assert.EndsWith($"no {Path.GetExtension(name)} file; choose another name, or remove it",
            Invocation.InProcess(Arguments(name)).Failure(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--output o.avi: must end in .png, .gif, .webp or .mp4", "o.avi")]
    [InlineData("--fps 0: must be a whole number from 1 to 50", "o.gif", "--fps", "0")]
    [InlineData("--fps 51: must be a whole number from 1 to 50", "o.gif", "--fps", "51")]
    [InlineData("--fps: o.png does not move", "o.png", "--fps", "20")]
    [InlineData("--count: o.gif shows one player", "o.gif", "--count", "2")]
    public void WhatDoesNotGoTogetherIsWrongUsage(string expected, string output, params string[] more) => Assert.Contains(expected,
        Invocation.InProcess(["generate", "s2i", "--run", "r", "--input", "s.wav", "--output", output, .. more]).WrongUsage(),
        StringComparison.Ordinal);

    [Fact]
    public void WithoutFfmpegAVideoIsRefusedInOneLine()
    {
        var empty = Directory.CreateDirectory(Path.Combine(Folder, "empty")).FullName;
        var failure = Invocation.Process(null, empty, Arguments("tone.mp4")).Failure();
        Assert.Contains("ffmpeg, which is not on the PATH; install it", failure, StringComparison.Ordinal);
        Assert.Contains(".gif", failure, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Folder, "*.mp4"));
    }

    [Fact]
    public void WithFfmpegAVideoHasTheSound()
    {
        Assert.SkipWhen(Ffmpeg.Find() is null, "no ffmpeg on the PATH");
        var drawn = Invocation.InProcess(Arguments("tone.mp4"));
        Assert.Equal((0, ""), (drawn.ExitCode, drawn.Error));
        var video = Path.Combine(Folder, "tone.mp4");
        var probed = Run("ffmpeg", "-hide_banner", "-i", video, "-f", "null", "-");
        Assert.Contains("Video: h264", probed, StringComparison.Ordinal);
        Assert.Contains("256x256", probed, StringComparison.Ordinal);
        Assert.Contains("Audio: aac", probed, StringComparison.Ordinal);
        Assert.Contains("Duration: 00:00:01.00", probed, StringComparison.Ordinal);
        Assert.Equal(["sound.wav", "tone.mp4"], Directory.GetFiles(Folder).Select(Path.GetFileName).Order());
    }

    private static (int, int) Size(byte[] file, string name) => name.EndsWith(".gif", StringComparison.Ordinal)
        ? (BitConverter.ToUInt16(file, 6), BitConverter.ToUInt16(file, 8))
        : (1 + BitConverter.ToUInt16(file, 24), 1 + BitConverter.ToUInt16(file, 27));

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var said = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return said;
    }

    private string[] Arguments(string output)
    {
        var input = Path.Combine(Folder, "sound.wav");
        TinyData.WriteSound(input, [.. TinyData.Tone(0, 0.5, 1), .. TinyData.Tone(2, 0.5, 2)]);
        return ["generate", "s2i", "--run", Tiny.Whole.Path, "--input", input, "--output", Path.Combine(Folder, output), "--device", "cpu",
            "--threads", "1"];
    }
}
