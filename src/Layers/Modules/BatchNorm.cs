using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// Batch normalization over all axes but the last (Ioffe and Szegedy 2015), fused with the (leaky) ReLU that follows it. In training a
/// batch is normalized by its own statistics, and the running ones move towards them; else by the running ones, so that an image does not
/// depend on its batch mates. Names and meaning as in PyTorch: <c>weight</c> (scale), <c>bias</c> (shift), <c>running_mean</c>,
/// <c>running_var</c> (unbiased: divided by count − 1).
/// </summary>
public sealed class BatchNorm : Layer
{
    private readonly double _momentum;

    /// <summary>A layer whose running statistics are those of numbers with mean 0 and variance 1.</summary>
    /// <param name="random">Where the first scale is drawn from.</param>
    /// <param name="channels">The extent of the last axis.</param>
    /// <param name="activation">What follows the normalization.</param>
    /// <param name="scale">First value of the scale; 1 when not given.</param>
    /// <param name="momentum">How far the running statistics move towards the batch's.</param>
    /// <param name="epsilon">Added to the variance before its root is taken.</param>
    public BatchNorm(RandomStream random, int channels, Activation activation = default, Initializer? scale = null,
        double momentum = 0.1, double epsilon = 1e-5)
        : base(random.Device)
    {
        (Activation, _momentum, Epsilon) = (activation, momentum, epsilon);
        Shape shape = [channels];
        Scale = AddParameter("weight", shape, scale ?? Initializers.Constant(1), random);
        Shift = AddParameter("bias", shape, Initializers.Constant(0), random);
        RunningMean = AddBuffer("running_mean", shape, 0);
        RunningVariance = AddBuffer("running_var", shape, 1);
    }

    /// <summary>[channels], what normalized values are multiplied by: <c>weight</c> in a checkpoint.</summary>
    public Tensor Scale { get; }

    /// <summary>[channels], added behind that: <c>bias</c>.</summary>
    public Tensor Shift { get; }

    /// <summary>[channels], taken off outside of training: <c>running_mean</c>.</summary>
    public Tensor RunningMean { get; }

    /// <summary>[channels], whose root is divided by outside of training: <c>running_var</c>.</summary>
    public Tensor RunningVariance { get; }

    /// <summary>Added to the variance before its root is taken.</summary>
    public double Epsilon { get; }

    /// <summary>What follows the normalization.</summary>
    public Activation Activation { get; }

    /// <param name="x">[batch, …, channels].</param>
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => Forward(x, groups: 1);

    /// <summary>The same, of a batch that is made of several.</summary>
    /// <param name="x">[batch, …, channels].</param>
    /// <param name="groups">
    /// In training the batch is cut into so many equal parts, each normalized by itself, as if they had come in passes of their own: real,
    /// wrong and fake images may share a pass. The running statistics make one step, towards the average of the groups' statistics.
    /// </param>
    /// <exception cref="ShapeException">A group has one value a channel, which has no variance.</exception>
    public Tensor Forward(Tensor x, int groups)
    {
        var slope = Activation.FusedSlope;
        if (!Training)
            return Tapped(x, Activation.ApplyUnfused(x.BatchNormWith(RunningMean, RunningVariance, Scale, Shift, Epsilon, slope)));
        var y = x.BatchNorm(Scale, Shift, groups, Epsilon, slope, Moving(x.Shape, groups));
        return Tapped(x, Activation.ApplyUnfused(y));
    }

    /// <summary>
    /// <c>Forward(before.Forward(x), groups)</c>. Where <paramref name="before"/> is a convolution without bias and activation, a device
    /// may compute the statistics as it writes the sums, which then are not read again for them.
    /// </summary>
    /// <param name="before">The layer whose output is normalized.</param>
    /// <param name="x">What that layer takes.</param>
    /// <param name="groups">As for <see cref="Forward(Tensor, int)"/>.</param>
    /// <exception cref="ShapeException">A group has one value a channel, which has no variance.</exception>
    public Tensor Forward(Layer before, Tensor x, int groups = 1)
    {
        if (!Training || before is not WeightedLayer weighted || (Device.SynchronizesStatistics && Device.Ranks.Size > 1))
            return Forward(before.Forward(x), groups);
        var statistics = new AskedStatistics(groups, shape => Moving(shape, groups));
        var sums = weighted.Forward(x, statistics);
        if (statistics.Given is null)
            return Forward(sums, groups);
        return Tapped(sums, Activation.ApplyUnfused(sums.BatchNorm(Scale, Shift, statistics, Epsilon, Activation.FusedSlope)));
    }

    /// <summary>The running statistics, on their way to those of a batch in so many groups.</summary>
    private MovingStatistics Moving(Shape x, int groups)
    {
        var count = (double)x.Count / x[-1] / groups;
        if (count < 2)
            throw new ShapeException(
                $"batch norm: {x} in {groups} groups has less than two values a channel; training needs a larger batch");
        if (Device.SynchronizesStatistics)
            count *= Device.Ranks.Size;
        return new(RunningMean, RunningVariance, _momentum, count / (count - 1));
    }
}
