using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// Batch normalization over all axes but the last (Ioffe and Szegedy 2015), fused with the LeakyReLU that follows it. In training a batch
/// is normalized by its own statistics, and the running ones move towards them; else by the running ones, so that an image does not depend
/// on its batch mates. Names and meaning as in PyTorch: <c>weight</c> (scale), <c>bias</c> (shift), <c>running_mean</c>, <c>running_var</c>
/// (unbiased: divided by count − 1).
/// </summary>
public sealed class BatchNorm : Module
{
    private readonly Tensor _scale, _shift, _runningMean, _runningVariance;
    private readonly double _negativeSlope, _momentum, _epsilon;

    /// <param name="negativeSlope">Of the LeakyReLU behind the normalization; 0 is ReLU, 1 none.</param>
    /// <param name="scale">First value of the scale; 1 when not given.</param>
    /// <param name="momentum">How far the running statistics move towards the batch's.</param>
    public BatchNorm(RandomStream random, int channels, double negativeSlope = 1, Initializer? scale = null, double momentum = 0.1,
        double epsilon = 1e-5)
        : base(random.Device)
    {
        (_negativeSlope, _momentum, _epsilon) = (negativeSlope, momentum, epsilon);
        var shape = new Shape(channels);
        _scale = AddParameter("weight", shape, scale ?? Initializers.Constant(1), random);
        _shift = AddParameter("bias", shape, Initializers.Constant(0), random);
        _runningMean = AddBuffer("running_mean", shape, 0);
        _runningVariance = AddBuffer("running_var", shape, 1);
    }

    /// <param name="x">[batch, …, channels].</param>
    /// <param name="groups">
    /// In training the batch is cut into so many equal parts, each normalized by itself, as if they had come in passes of their own: real,
    /// wrong and fake images may share a pass. The running statistics make one step, towards the average of the groups' statistics.
    /// </param>
    /// <exception cref="ArgumentException">A group has one value a channel, which has no variance.</exception>
    public Tensor Forward(Tensor x, int groups = 1)
    {
        if (!Training)
            return x.BatchNormWith(_runningMean, _runningVariance, _scale, _shift, _epsilon, _negativeSlope);
        var count = (double)x.Count / x.Shape[-1] / groups;
        if (count < 2)
            throw new ArgumentException(
                $"batch norm: {x.Shape} in {groups} groups has less than two values a channel; training needs a larger batch");
        var y = x.BatchNorm(_scale, _shift, groups, _epsilon, _negativeSlope, out var mean, out var variance);
        using var pause = Tape.Paused();
        using var scope = new Scope();
        _runningMean.InterpolateInPlace(groups == 1 ? mean.Reshape(_runningMean.Shape) : mean.Mean([0]), 1 - _momentum);
        _runningVariance.InterpolateInPlace(variance.Sum([0]) * (count / (count - 1) / groups), 1 - _momentum);
        return y;
    }
}
