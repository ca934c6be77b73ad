namespace CrossModal.Kernels;

/// <summary>
/// C[batch, m, n] = op(A) · op(B), each batch a row-major matrix of its own. A is [m, k], or [k, m] when transposed; B is [k, n], or [n, k]
/// when transposed.
/// </summary>
internal readonly record struct MatrixProductGeometry(int Batch, int M, int N, int K, bool TransposeA, bool TransposeB)
{
    public long Operations => 2L * Batch * M * N * K;
}

/// <summary>
/// Up to <see cref="MaximumRank"/> loop extents and for each of up to three arrays the distance in elements between neighbors along that
/// axis (0: the axis is broadcast). The axes go from slowest to fastest. Callers merge axes that lie together, so that the innermost loop
/// is long.
/// </summary>
internal unsafe struct StridedGeometry
{
    public const int MaximumRank = 6;

    public int Rank;
    public fixed int Extents[MaximumRank];
    public fixed long StridesA[MaximumRank];
    public fixed long StridesB[MaximumRank];
    public fixed long StridesOut[MaximumRank];

    /// <summary>Elements that the loops visit.</summary>
    public readonly long Count
    {
        get
        {
            var count = 1L;
            for (var axis = 0; axis < Rank; axis++)
                count *= Extents[axis];
            return count;
        }
    }

    /// <summary>Builds the geometry with ones dropped and neighboring axes merged where all three arrays allow it.</summary>
    public static StridedGeometry Merge(ReadOnlySpan<int> extents, ReadOnlySpan<long> a, ReadOnlySpan<long> b, ReadOnlySpan<long> output)
    {
        StridedGeometry geometry = default;
        var rank = 0;
        for (var axis = 0; axis < extents.Length; axis++)
        {
            if (extents[axis] == 1)
                continue;
            if (rank > 0 && geometry.StridesA[rank - 1] == a[axis] * extents[axis] && geometry.StridesB[rank - 1] == b[axis] * extents[axis]
                && geometry.StridesOut[rank - 1] == output[axis] * extents[axis]
                    && (long)geometry.Extents[rank - 1] * extents[axis] <= int.MaxValue)
            {
                geometry.Extents[rank - 1] *= extents[axis];
            }
            else
            {
                if (rank == MaximumRank)
                    throw new ShapeException($"more than {MaximumRank} axes that cannot be merged");
                geometry.Extents[rank++] = extents[axis];
            }

            geometry.StridesA[rank - 1] = a[axis];
            geometry.StridesB[rank - 1] = b[axis];
            geometry.StridesOut[rank - 1] = output[axis];
        }

        if (rank == 0)
            (geometry.Extents[0], geometry.StridesA[0], geometry.StridesB[0], geometry.StridesOut[0], rank) = (1, 0, 0, 1, 1);
        geometry.Rank = rank;
        return geometry;
    }
}

/// <summary>
/// Two matrices side by side: a[rows, left] and b[rows / repeat, right], each row of which stands beside <see cref="Repeat"/> of a.
/// </summary>
internal readonly record struct JoinGeometry(int Rows, int Repeat, int Left, int Right);

/// <summary>A reduction of the middle axis: x[outer, reduced, inner] to y[outer, inner].</summary>
internal readonly record struct ReductionGeometry(int Outer, int Reduced, int Inner);

/// <summary>
/// Batch normalization of x[groups · rows, channels]: each group of <see cref="Rows"/> rows (batch · height · width) has its own
/// statistics, so that real, wrong and fake images may share a pass and stay apart. <see cref="NegativeSlope"/> is the activation that
/// follows: 1 none, 0 ReLU, 0.2 LeakyReLU.
/// </summary>
internal readonly record struct BatchNormGeometry(int Groups, int Rows, int Channels, float Epsilon, float NegativeSlope = 1f);

/// <summary>
/// What batch normalization reads: x, the statistics of each group, [groups, channels], and the learned scale and shift, [channels].
/// </summary>
internal readonly record struct BatchNormArrays(DeviceArray X, DeviceArray Mean, DeviceArray Variance, DeviceArray Scale,
    DeviceArray Shift);

/// <summary>
/// What moves running statistics: those of the groups, [groups, channels], and the running ones, [channels], that are written over.
/// </summary>
internal readonly record struct RunningStatistics(DeviceArray Mean, DeviceArray Variance, DeviceArray RunningMean,
    DeviceArray RunningVariance);

/// <summary>Statistics that are asked of a result along with it, for the batch normalization that follows.</summary>
/// <param name="Geometry">How the result is cut.</param>
/// <param name="Momentum">How far the running ones move.</param>
/// <param name="Correction">What the variance is multiplied by for them.</param>
/// <param name="Arrays">Mean and variance are written, the running ones moved.</param>
internal readonly record struct ResultStatistics(BatchNormGeometry Geometry, double Momentum, double Correction, RunningStatistics Arrays);

/// <summary>Where the gradients of batch normalization go; <see cref="DeviceArray.None"/> for one that is not wanted.</summary>
internal readonly record struct BatchNormGradients(DeviceArray Input, DeviceArray Scale, DeviceArray Shift);

/// <summary>Neighboring logits of which a loss asks the same.</summary>
/// <param name="Count">How many, at least one.</param>
/// <param name="Target">The probability that is asked for, in [0, 1].</param>
/// <param name="Weight">What the mean over them counts.</param>
internal readonly record struct LogisticPart(int Count, double Target, double Weight = 1)
{
    /// <summary>So many parts has one loss at most.</summary>
    public const int Most = 4;
}

/// <summary>Max pooling of x[batch, inputHeight, inputWidth, channels] with square windows.</summary>
internal readonly record struct PoolingGeometry
{
    public PoolingGeometry(int batch, int inputHeight, int inputWidth, int channels, int kernel, int stride)
    {
        if (batch < 0 || inputHeight < kernel || inputWidth < kernel || channels < 1 || kernel < 1 || stride < 1)
            throw new ShapeException(
                $"pooling: a window of {kernel} with stride {stride} does not fit [{batch}, {inputHeight}, {inputWidth}, {channels}]");

        // Places within an image are int32.
        _ = Extent.Product("pooling", "an image", inputHeight, inputWidth, channels);
        (Batch, InputHeight, InputWidth, Channels, Kernel, Stride) = (batch, inputHeight, inputWidth, channels, kernel, stride);
    }

    public int Batch { get; }
    public int InputHeight { get; }
    public int InputWidth { get; }
    public int Channels { get; }
    public int Kernel { get; }
    public int Stride { get; }
    public int OutputHeight => (InputHeight - Kernel) / Stride + 1;
    public int OutputWidth => (InputWidth - Kernel) / Stride + 1;
    public long InputCount => (long)Batch * InputHeight * InputWidth * Channels;
    public long OutputCount => (long)Batch * OutputHeight * OutputWidth * Channels;
}

/// <summary>Images [batch, height, width, channels], each moved by a number of rows and columns of its own.</summary>
/// <exception cref="ShapeException">A row of pixels has more elements than an int counts.</exception>
internal readonly record struct ShiftGeometry(int Batch, int Height, int Width, int Channels)
{
    /// <summary>Elements of one row of pixels.</summary>
    public int RowCount { get; } = Extent.Product("shift", "a row of pixels", Width, Channels);

    public long Count => (long)Batch * Height * RowCount;
}

/// <summary>The constants of Adam (Kingma and Ba 2015, algorithm 1) with decoupled weight decay (Loshchilov and Hutter 2019).</summary>
/// <param name="Beta1">Share of the old mean of gradients that each step keeps.</param>
/// <param name="Beta2">Share of the old mean of their squares.</param>
/// <param name="Epsilon">Added to the root that is divided by.</param>
/// <param name="WeightDecay">Share of each parameter that a step of rate one takes away.</param>
/// <remarks>
/// In float64, and a device rounds 1 − β, not β: of β2 = 0.999 float32 knows 1 − β2 to 1.3e-5 only, by which the mean of squares would then
/// be off.
/// </remarks>
public readonly record struct AdamConstants(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, double WeightDecay = 0);

/// <summary>What one parameter array takes to an Adam step: four arrays of the same count.</summary>
internal readonly record struct AdamArrays(DeviceArray Parameters, DeviceArray Gradients, DeviceArray FirstMoment,
    DeviceArray SecondMoment);

/// <summary>What <see cref="Backend.Random"/> draws: from which distribution, with its two numbers.</summary>
internal readonly record struct RandomNumbers(RandomDistribution Distribution, double A, double B);

/// <summary>Which distribution <see cref="Backend.Random"/> draws from; a and b are its two numbers.</summary>
internal enum RandomDistribution
{
    /// <summary>Uniform in (a, b), then rounded, to an end perhaps.</summary>
    Uniform,

    /// <summary>Normal with mean a and standard deviation b.</summary>
    Normal,

    /// <summary>b with probability a, else zero: a dropout mask with a = keep and b = 1 / keep.</summary>
    Bernoulli,
}
