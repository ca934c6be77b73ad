using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Training;

namespace CrossModal.Tests.Pipelines;

/// <summary>The command <c>generate s2i</c> on the tiny run.</summary>
public sealed class GenerationTests(TinyRun tiny) : RunTests(tiny)
{
    private string? _folder;

    private string Folder => _folder ??= Directory.CreateDirectory(Path.Combine(Tiny.Root, $"generated-{Guid.NewGuid():N}")).FullName;

    [Fact]
    public void OnePictureOfASoundBySeed()
    {
        var input = Sound("tone", TinyData.Tone(1, 0.5, 77));
        var first = Generate(input, out var message);
        Assert.StartsWith("tone.wav sounds like oboe (", message);
        Assert.Equal((64, 64), ImageFile.ReadSize(first));
        Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(Generate(input, out _)));
        Assert.NotEqual(File.ReadAllBytes(first), File.ReadAllBytes(Generate(input, out _, seed: 2)));

        // Another instrument, another code.
        var other = Generate(Sound("other", TinyData.Tone(2, 0.5, 77)), out message);
        Assert.StartsWith("other.wav sounds like viola (", message);
        Assert.NotEqual(File.ReadAllBytes(first), File.ReadAllBytes(other));
    }

    [Fact]
    public void SeveralPicturesComeAsAGrid()
    {
        var input = Sound("tone", TinyData.Tone(0, 0.5, 77));
        var (row, rows) = (ImageFile.ReadSize(Generate(input, out _, count: 3)), ImageFile.ReadSize(Generate(input, out _, count: 11)));
        Assert.True(row.Width > 3 * 4 * 64 && row.Height > 4 * 64, $"{row}");

        // Eight stand in a row, so eleven take two.
        Assert.True(rows.Width > 8 * 4 * 64 && rows.Height > 2 * 4 * 64 && rows.Height < 3 * 4 * 64, $"{rows}");
    }

    /// <summary>
    /// A soft oboe for three seconds, and within it half a second of a loud viola: the picture is that of the viola's half second alone.
    /// </summary>
    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(50)]
    public void TheLoudestHalfSecondIsHeard(int tenth)
    {
        var loud = TinyData.Tone(2, 0.8, 3);
        var song = TinyData.Tone(1, 0.05, 4, 6 * loud.Length);
        loud.CopyTo(song, tenth * loud.Length / 10);
        var whole = Generate(Sound("song", song), out var message);
        Assert.Contains("sounds like viola", message);
        Assert.Equal(File.ReadAllBytes(Generate(Sound("loud", loud), out _)), File.ReadAllBytes(whole));
    }

    [Fact]
    public void AShorterSoundIsFilledUpWithSilence()
    {
        var tone = TinyData.Tone(0, 0.5, 5, 9000);
        var filled = new float[LogMelSpectrogram.Samples];
        tone.CopyTo(filled, 0);
        Assert.Equal(File.ReadAllBytes(Generate(Sound("filled", filled), out _)), File.ReadAllBytes(Generate(Sound("short", tone), out _)));
        Assert.Equal((64, 64), ImageFile.ReadSize(Generate(Sound("click", [0.5f]), out _)));
    }

    [Fact]
    public void ASilentSoundIsRefusedAClippedOneWarnedOfAndAShortOneMentioned()
    {
        var output = Path.Combine(Folder, "checked.png");
        RecordingReporter Try(string input)
        {
            var reporter = new RecordingReporter();
            SoundToImageGeneration.Generate(Tiny.Whole.Path, input, output, 1, 1, new DeviceSettings("cpu", 1), reporter);
            return reporter;
        }

        foreach (var level in new[] { 0f, 5e-5f })
        {
            var silent = Sound($"silent{level}", [.. Enumerable.Repeat(level, 30000)]);
            var error = Assert.Throws<BadInputException>(() => Try(silent));
            Assert.StartsWith($"{silent}: is silent", error.Message);
            Assert.DoesNotContain('\n', error.Message);
            Assert.False(File.Exists(output));
        }

        var tone = TinyData.Tone(0, 0.5, 8);
        var clean = Try(Sound("clean", tone));
        Assert.Empty(clean.Warnings);
        Assert.Single(clean.Messages);
        Assert.Contains("cut.wav: is clipped (",
            Assert.Single(Try(Sound("cut", [.. tone.Select(sample => Math.Clamp(4 * sample, -1, 1))])).Warnings));
        Assert.Equal("brief.wav lasts 0.20 s and is filled up with silence to 0.5 s", Try(Sound("brief", tone[..8820])).Messages[0]);
    }

    [Fact]
    public void AnotherRateIsResampled()
    {
        // Every second sample of the low tone, whose overtones lie far below the new limit.
        var tone = TinyData.Tone(0, 0.5, 6, 2 * LogMelSpectrogram.Samples);
        Generate(Sound("half", [.. tone.Where((_, n) => n % 2 == 0)], 22050), out var message);
        Assert.Contains("sounds like horn", message);
    }

    [Fact]
    public void WhatIsNoSoundIsRefusedInOneLineAndNothingIsWritten()
    {
        var text = Path.Combine(Folder, "text.wav");
        File.WriteAllText(text, "this is no sound");
        var cut = Sound("cut", TinyData.Tone(0, 0.5, 5));
        File.WriteAllBytes(cut, File.ReadAllBytes(cut)[..30]);
        foreach (var input in new[] { text, cut, Path.Combine(Folder, "absent.wav") })
        {
            var error = Assert.Throws<BadInputException>(() => Generate(input, out _));
            Assert.Contains(input, error.Message);
            Assert.DoesNotContain('\n', error.Message);
        }

        Assert.Empty(Directory.GetFiles(Folder, "*.png"));
    }

    [Fact]
    public void OnlyAWholeRunGenerates()
    {
        var input = Sound("tone", TinyData.Tone(0, 0.5, 5));
        var folder = CopyOfWhole();
        void Try() =>
            SoundToImageGeneration.Generate(folder.Path, input, Path.Combine(Folder, "never.png"), 1, 1, new DeviceSettings("cpu", 1),
            new SilentReporter());
        File.Delete(folder.Last);
        Assert.Contains("not there yet; finish the run", Assert.Throws<BadInputException>(Try).Message);
        folder.Write(Tiny.Configuration with { Kind = RunKind.SoundClassifier });
        Assert.Contains("is a run of `train sound-classifier`; give the folder of a run of `train s2i`",
            Assert.Throws<BadInputException>(Try).Message);
        File.Delete(folder.Configuration);
        Assert.Contains("give the folder of a run", Assert.Throws<BadInputException>(Try).Message);
        Assert.False(File.Exists(Path.Combine(Folder, "never.png")));
    }

    private string Sound(string name, float[] samples, int rate = LogMelSpectrogram.SampleRate)
    {
        var path = Path.Combine(Folder, $"{name}.wav");
        TinyData.WriteSound(path, samples, rate);
        return path;
    }

    /// <summary>The picture's path, and what was told about the sound.</summary>
    private string Generate(string input, out string message, int count = 1, ulong seed = 1)
    {
        var output = Path.Combine(Folder, $"{Guid.NewGuid():N}.png");
        var reporter = new RecordingReporter();
        SoundToImageGeneration.Generate(Tiny.Whole.Path, input, output, count, seed, new DeviceSettings("cpu", 1), reporter);
        message = reporter.Messages[^1];
        return output;
    }
}
