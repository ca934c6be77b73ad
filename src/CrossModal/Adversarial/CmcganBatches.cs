using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Runs;

namespace CrossModal.Adversarial;

/// <summary>Pairs of images and square spectrograms, each with an image beside it that does not belong to the sound.</summary>
/// <param name="model">What they are loaded into.</param>
/// <param name="spectrograms">Of all sounds of the split.</param>
internal sealed class CmcganBatches(Cmcgan model, RunSettings run, PairSplit split, FeatureFile spectrograms) : IBatchSource
{
    private float[] _image = [], _sound = [], _wrong = [];
    private int[] _labels = [];

    public int Count => split.Count;

    public int[] Shuffled(int epoch) => split.Shuffled(run.Seed, epoch);

    public void Load(ReadOnlySpan<int> pairs, Range own, int epoch, CountedRandom random)
    {
        var (first, batch) = own.GetOffsetAndLength(pairs.Length);
        var (image, length) = (split.ImageLength, spectrograms.Length);
        if (_labels.Length != batch)
            (_image, _sound, _wrong, _labels) = (new float[batch * image], new float[batch * length], new float[batch * image],
                new int[batch]);
        for (var k = 0; k < pairs.Length; k++)
        {
            var (heard, seen) = split.Pair(pairs[k], run.Seed, epoch);
            var wrong = run.Scenario == Scenario.Pose ? split.WrongPose(heard, random) : split.WrongImage(heard, random);
            var i = k - first;
            if (i < 0 || i >= batch)
                continue;
            split.ReadImage(seen, _image.AsSpan(i * image, image));
            spectrograms.Read(heard, _sound.AsSpan(i * length, length));
            split.ReadImage(wrong, _wrong.AsSpan(i * image, image));
            _labels[i] = split.SoundClass(heard);
        }

        model.SetBatch(_image, _sound, _wrong, _labels);
    }
}
