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

    public void Load(ReadOnlySpan<int> pairs, int epoch, CountedRandom random)
    {
        var (batch, image, length) = (pairs.Length, split.ImageLength, spectrograms.Length);
        if (_labels.Length != batch)
            (_image, _sound, _wrong, _labels) = (new float[batch * image], new float[batch * length], new float[batch * image],
                new int[batch]);
        for (var i = 0; i < batch; i++)
        {
            var (heard, seen) = split.Pair(pairs[i], run.Seed, epoch);
            split.ReadImage(seen, _image.AsSpan(i * image, image));
            spectrograms.Read(heard, _sound.AsSpan(i * length, length));
            var wrong = run.Scenario == Scenario.Pose ? split.WrongPose(heard, random) : split.WrongImage(heard, random);
            split.ReadImage(wrong, _wrong.AsSpan(i * image, image));
            _labels[i] = split.SoundClass(heard);
        }

        model.SetBatch(_image, _sound, _wrong, _labels);
    }
}
