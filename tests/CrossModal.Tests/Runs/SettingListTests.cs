using CrossModal.Models;
using CrossModal.Runs;

namespace CrossModal.Tests.Runs;

/// <summary>What follows from the declaration of a setting.</summary>
public sealed class SettingListTests
{
    [Theory]
    [InlineData("s2i",
        "scenario variant size loss ema discriminator-rate r1 real-target augment auxiliary code-head mode-seeking vae sync-batch-norm "
        + "spectral-norm upsampling")]
    [InlineData("i2s",
        "scenario size loss ema discriminator-rate r1 real-target augment auxiliary code-head mode-seeking vae sync-batch-norm "
        + "spectral-norm upsampling")]
    [InlineData("cmcgan",
        "scenario size loss ema discriminator-rate real-target mode-seeking sync-batch-norm spectral-norm upsampling reconstruction cycle "
        + "code-classes")]
    [InlineData("sound-classifier", "")]
    public void EachKindOfRunHasItsOwn(string kind, string names)
    {
        var own = SettingList.All.Where(setting => setting.AppliesTo(RunKind.All.Single(one => one.Name == kind)));
        Assert.Equal(names, string.Join(' ', own.Select(setting => setting.Name)));
    }

    /// <summary>What is laid over a description is found there again, and nothing else of it is another.</summary>
    [Fact]
    public void AChoiceIsFoundWhereItWasLaid()
    {
        var steadied = Presets.ForSpectrograms(Presets.Best);
        var other = steadied with
        {
            Scenario = Scenario.Pose,
            Variant = Variant.N,
            Model = steadied.Model with { ImageSize = 32, Upsampling = true },
            Gan = steadied.Gan with { WrongPairs = false, RealTarget = 0.9, CodeHead = 3, Vae = 10, SyncBatchNorm = true },
            Cmcgan = new CmcganSettings { Reconstruction = 1, Cycle = 3, CodeClasses = 0.5 },
        };
        foreach (var setting in SettingList.All)
        {
            var chosen = setting.AsIn(other);
            Assert.Same(setting, chosen.Setting);
            Assert.False(chosen.Agrees(Presets.Paper), setting.Name);
            var laid = chosen.Lay(Presets.Paper);
            Assert.True(chosen.Agrees(laid), setting.Name);
            Assert.Equal(setting.Describe(other), setting.Describe(laid));
            Assert.Equal(Presets.Paper, setting.AsIn(Presets.Paper).Lay(laid));
        }
    }

    [Fact]
    public void WordsAreThoseOfTheCommandLine()
    {
        Assert.Equal(["cross-entropy", "hinge"], GanSettings.LossSetting.Words);
        var run = GanSettings.LossSetting.Choose("hinge").Lay(Presets.Paper);
        Assert.Same(AdversarialLoss.Hinge, run.Gan.Loss);
        Assert.Equal("hinge", GanSettings.LossSetting.Describe(run));
        Assert.Equal(("off", "0.995"), (GanSettings.AugmentSetting.Describe(run), GanSettings.EmaSetting.Describe(Presets.Quick)));
        Assert.False(SettingList.Variant.Choose("n").Lay(run).Gan.WrongPairs);
    }
}
