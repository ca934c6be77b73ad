using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Training;

namespace CrossModal.Adversarial;

/// <summary>
/// Pairs of a condition's code and the sample that belongs to it, with a wrong sample beside each. Sound to image: a sound's code and
/// images; image to sound: an image's code and spectrograms.
/// </summary>
/// <param name="model">What they are loaded into.</param>
/// <param name="codes">Of all sounds of the split, or of all its images.</param>
/// <param name="spectrograms">The samples of image to sound, by sound; null for sound to image.</param>
internal sealed class ConditionalBatches(ConditionalGan model, RunSettings run, PairSplit split, ConditionCodes codes,
    FeatureFile? spectrograms) : IBatchSource
{
    private readonly int _length = spectrograms?.Length ?? split.ImageLength;
    private readonly float[] _within = run.Gan.CodeHead > 0 ? codes.WithinClasses() : [];
    private float[] _real = [], _wrong = [], _code = [], _asked = [];
    private int[] _labels = [];

    public int Count => split.Count;

    public int[] Shuffled(int epoch) => split.Shuffled(run.Seed, epoch);

    public void Load(ReadOnlySpan<int> pairs, Range own, int epoch, CountedRandom random)
    {
        var (first, batch) = own.GetOffsetAndLength(pairs.Length);
        if (_labels.Length != batch)
        {
            (_real, _wrong, _code, _labels) = (new float[batch * _length], new float[run.Gan.WrongPairs ? batch * _length : 0],
                new float[batch * codes.CodeSize], new int[batch]);
            _asked = new float[_within.Length == 0 ? 0 : batch * codes.CodeSize];
        }

        for (var k = 0; k < pairs.Length; k++)
        {
            var (sound, image) = split.Pair(pairs[k], run.Seed, epoch);
            var (wrongSound, wrongImage) = run.Gan.WrongPairs ? Wrong(sound, image, random) : default;
            var i = k - first;
            if (i < 0 || i >= batch)
                continue;
            Read(sound, image, _real.AsSpan(i * _length, _length));
            if (run.Gan.WrongPairs)
                Read(wrongSound, wrongImage, _wrong.AsSpan(i * _length, _length));

            var condition = spectrograms is null ? sound : image;
            codes.Row(condition).CopyTo(_code.AsSpan(i * codes.CodeSize));
            if (_within.Length > 0)
                _within.AsSpan(condition * codes.CodeSize, codes.CodeSize).CopyTo(_asked.AsSpan(i * codes.CodeSize));
            _labels[i] = split.SoundClass(sound);
        }

        model.SetBatch(_real, _wrong, _code, _labels, _asked);
    }

    private void Read(int sound, int image, Span<float> destination)
    {
        if (spectrograms is null)
            split.ReadImage(image, destination);
        else
            spectrograms.Read(sound, destination);
    }

    private (int Sound, int Image) Wrong(int sound, int image, CountedRandom random) => (spectrograms is null, run.Scenario) switch
    {
        (true, Scenario.Instrument) => (sound, split.WrongImage(sound, random)),
        (true, Scenario.Pose) => (sound, split.WrongPose(sound, random)),
        (false, Scenario.Instrument) => (split.WrongSound(image, random), image),
        _ => (split.WrongPoseSound(image, random), image),
    };
}
