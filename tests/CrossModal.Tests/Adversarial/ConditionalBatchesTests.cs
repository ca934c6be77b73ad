using CrossModal.Adversarial;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Tests.Pipelines;
using CrossModal.Tests.Training;
using CrossModal.Training;

namespace CrossModal.Tests.Adversarial;

/// <summary>What a wrong pair is, in both directions and scenarios.</summary>
public sealed class ConditionalBatchesTests(TinyRun tiny) : RunTests(tiny)
{
    /// <summary>
    /// By instrument the wrong sample is of another one; by pose of the same, of another song or of a time that does not overlap.
    /// </summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AWrongSampleIsOfAnotherInstrumentOrInAnotherPose(bool fromSound)
    {
        using var pairs = PairDataset.Open(Tiny.Data, new PairSelection(64), cancel: TestContext.Current.CancellationToken);
        var split = pairs.Train;
        var random = new CountedRandom(3, 4);
        for (var i = 0; i < split.Count; i++)
        {
            for (var k = 0; k < 20; k++)
            {
                var (other, pose) = fromSound
                    ? (split.ImageClass(split.WrongImage(i, random)), split.WrongPose(i, random))
                    : (split.SoundClass(split.WrongSound(i, random)), split.WrongPoseSound(i, random));
                Assert.NotEqual(split.SoundClass(i), other);
                Assert.Equal(split.SoundClass(i), fromSound ? split.ImageClass(pose) : split.SoundClass(pose));
                Assert.NotEqual(i, pose);

                // The windows of a song here lie within half a second, so another pose is of the other song.
                Assert.NotEqual(split.Song(i), fromSound ? split.ImageSong(pose) : split.Song(pose));
            }
        }
    }

    /// <summary>
    /// Image to sound trains on the spectrogram that belongs to the code's image: every class has a code of its own here, and a level of
    /// its own.
    /// </summary>
    [Fact]
    public void ImageToSoundPairsTheCodeOfAnImageWithTheSpectrogramOfItsSound()
    {
        var cancel = TestContext.Current.CancellationToken;
        using var device = Device.Open("cpu", 1);
        using var data = TinyData.Open(Tiny.Data, 0, 1, device, new SilentReporter(), cancel);
        var spectrograms = data.Spectrograms(Split.Train, LogMelLayout.Square(64));
        Assert.Equal((data.Pairs.Train.SoundCount, 64 * 64), (spectrograms.Count, spectrograms.Length));
        var run = Tiny.Settings with { Kind = RunKind.ImageToSound, Model = Tiny.Settings.Model with { Channels = 1 } };
        var count = data.Pairs.Train.ImageCount;
        float[] values = [.. Enumerable.Range(0, count).SelectMany(image => Enumerable.Repeat((float)image, run.Model.CodeSize))];
        var codes = new ConditionCodes(count, run.Model.CodeSize, values,
            [.. Enumerable.Range(0, count).Select(data.Pairs.Train.ImageClass)], new string[count]);
        using var gan = new ConditionalGan(device, run.Model, run.Gan, 1);
        var batches = new ConditionalBatches(gan, run, data.Pairs.Train, codes, spectrograms);
        int[] order = batches.Shuffled(0);
        Assert.Equal(Enumerable.Range(0, count), order.Order());
        batches.Load(order.AsSpan(0, 4), 0..4, 0, new CountedRandom(1, 2));
        gan.Step();
        Assert.True(gan.ReadScores().IsFinite);
    }
}
