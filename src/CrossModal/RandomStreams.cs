using CrossModal.Evaluation.Metrics;

namespace CrossModal;

/// <summary>
/// Which random numbers of a run's seed each purpose draws. A number that is given here once is never given again and never changed: the
/// same seed must give the same run.
/// </summary>
internal static class RandomStreams
{
    // On a device: one stream a purpose.
    public const ulong GanWeights = 1, GanNoise = 2, GanAugmentations = 3, RecognitionWeights = 4;
    public const ulong SoundClassifierWeights = 10, SoundClassifierMasks = 11, SoundJudgeWeights = 25;
    public const ulong ImageClassifierWeights = 12, ImageClassifierMasks = 13, ImageEncoderWeights = 24;
    public const ulong AutoencoderWeights = 14, JointEncoderWeights = 15;
    public const ulong PoseWeights = 16, PoseMasks = 17, PoseColors = 18;
    public const ulong DetectorWeights = 19;
    public const ulong RepresentationWeights = 40, RepresentationMasks = 41;

    // On the host: the upper half tells the purpose; the lower half counts epochs, steps, examples or resamples.
    public const ulong EvenSelection = 0x7665_6E00;
    public const ulong Pairs = 0x7061_6972_0000_0000, PairOrder = 0x6F72_6465_0000_0000, WrongPairs = 0x7772_0000_0000_0000;
    public const ulong ExampleOrder = 0x6F72_0000_0000_0000, ExampleAugmentations = 0x6175_0000_0000_0000, Zoom = 0x7A6F_0000_0000_0000;
    public const ulong EpochPictures = 0x7361_0000_0000_0000, Evaluation = 0x6576_0000_0000_0000, Generation = 0x6765_0000_0000_0000;
    public const ulong Bootstrap = 0x626F_0000_0000_0000, ResamplingGroups = 0x6770_0000_0000_0000, RealHalves = 0x6768_0000_0000_0000;
    public const ulong TwoSampleHalves = 0x7473_0000_0000_0000;
    public const ulong Mismatches = 0x6D69_0000_0000_0000, PoseShuffles = 0x7073_0000_0000_0000;
    public const ulong RatedSounds = 0x6865_0000_0000_0000, RatedNoise = 0x6865_0001_0000_0000;
    public const ulong RatingOrder = 0x7261_7465_0000_0000, RatingBootstrap = 0x626F_6F74_0000_0000;
}
