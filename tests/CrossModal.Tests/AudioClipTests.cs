using CrossModal.Kernels;

namespace CrossModal.Tests;

public sealed class AudioClipTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-sound-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WhatIsSavedIsLoadedAgainInStepsOf16Bits()
    {
        var clip = new AudioClip([0, 0.25f, -0.5f, 1.5f, -1], 8000);
        var path = Path.Combine(_folder, "made", "a.wav");
        clip.Save(path);
        var loaded = AudioClip.Load(path);
        Assert.Equal([0, 0.25f, -0.5f, 32767 / 32768f, -1], loaded.Samples);
        Assert.Equal((8000, path, 5 / 8000.0), (loaded.SampleRate, loaded.Name, loaded.Seconds));
        Assert.Contains("no such file", Assert.ThrowsAny<BadInputException>(() => AudioClip.Load(Path.Combine(_folder, "b.wav"))).Message);
    }

    [Fact]
    public void AnotherRateKeepsLengthAndName()
    {
        var clip = new AudioClip(new float[8000], 8000) { Name = "silence" };
        Assert.Same(clip, clip.At(8000));
        Assert.Equal((44100, "silence", 44100), (clip.At(44100).Samples.Length, clip.At(44100).Name, clip.At(44100).SampleRate));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioClip([], 0));
    }
}
