using CrossModal.Models;
using CrossModal.Runs;

namespace CrossModal.Tests.Runs;

/// <summary>What presets mean for sound to image, and for all else.</summary>
public class PresetsTests
{
    /// <summary>The tables of spectrograms and the weights that ship are of these.</summary>
    [Theory]
    [InlineData("best", 100, 36)]
    [InlineData("small", 60, 22)]
    public void LongRunsOfAllElseAreSteadied(string name, int epochs, int halved)
    {
        var preset = Presets.ForSpectrograms(Presets.Find(name));
        Assert.Equal((10, false), (preset.Model.NoiseSize, preset.Model.Upsampling));
        Assert.Equal(new GanSettings
        {
            Epochs = epochs,
            HalveEvery = halved,
            Batch = 64,
            LearningRate = 4e-4,
            DiscriminatorRateRatio = 2,
            Loss = AdversarialLoss.Hinge,
            R1 = 0.2,
            Augment = true,
            Auxiliary = 0.2,
            Ema = 0.999,
            ModeSeeking = 0.02,
        }, preset.Gan);
    }

    /// <summary>Photographs have the same, in small batches, drawn by the generator that repeats pixels.</summary>
    [Fact]
    public void PhotographsAreSteadied()
    {
        var (photos, best) = (Presets.Photos, Presets.ForSpectrograms(Presets.Best));
        Assert.Equal(best.Model with { Upsampling = true }, photos.Model);
        Assert.Equal(best.Gan with { Batch = 16 }, photos.Gan);
        Assert.Equal(best with { Preset = "photos" }, Presets.ForSpectrograms(photos));
    }

    /// <summary>Poses have the batch and the generator of sound to image, and all else as spectrograms have it.</summary>
    [Theory]
    [InlineData("quick")]
    [InlineData("best")]
    [InlineData("small")]
    public void PosesAreDrawnInSmallBatches(string name)
    {
        var (poses, spectrograms) = (Presets.ForPoses(Presets.Find(name)), Presets.ForSpectrograms(Presets.Find(name)));
        Assert.Equal(spectrograms with
        {
            Model = spectrograms.Model with { Upsampling = true },
            Gan = spectrograms.Gan with { Batch = 16 },
        }, poses);
        Assert.Equal(Presets.Paper, Presets.ForPoses(Presets.Paper));
    }

    [Fact]
    public void QuickOfAllElseIsPlain()
    {
        var preset = Presets.ForSpectrograms(Presets.Quick);
        Assert.Equal(new GanSettings { Epochs = 36, HalveEvery = 13, Batch = 64, LearningRate = 8e-4, Ema = 0.995, ModeSeeking = 0.02 },
            preset.Gan);
        Assert.Equal(Presets.Paper with { Seed = 1 }, Presets.ForSpectrograms(Presets.Paper with { Seed = 1 }));
    }
}
