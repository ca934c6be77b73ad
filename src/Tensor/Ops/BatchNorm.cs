using CrossModal.Kernels;

namespace CrossModal.Tensors;

public sealed partial class Tensor
{
    /// <summary>
    /// Batch normalization over all axes but the last, then LeakyReLU with <paramref name="negativeSlope"/> (1: none). The batch is cut
    /// into
    /// <paramref name="groups"/> equal parts, each with statistics of its own. Ioffe and Szegedy 2015.
    /// </summary>
    /// <param name="scale">[channels], as is <paramref name="shift"/>.</param>
    /// <param name="mean">The statistics that were used, [groups, channels], outside any gradient: for the running ones.</param>
    /// <exception cref="ShapeException">
    /// The first axis does not divide into the groups, there is nothing in them, or scale or shift is not [channels].
    /// </exception>
    public Tensor BatchNorm(Tensor scale, Tensor shift, int groups, double epsilon, double negativeSlope, out Tensor mean,
        out Tensor variance) => BatchNorm(scale, shift, groups, epsilon, negativeSlope, null, out mean, out variance);

    /// <summary>The same, and running statistics that move towards those of the batch.</summary>
    /// <param name="running">They lie outside any gradient, as the batch's own do.</param>
    internal Tensor BatchNorm(Tensor scale, Tensor shift, int groups, double epsilon, double negativeSlope, MovingStatistics running) =>
        BatchNorm(scale, shift, groups, epsilon, negativeSlope, running, out _, out _);

    /// <summary>The same by statistics that were computed along with this tensor.</summary>
    /// <exception cref="InvalidOperationException">They were not.</exception>
    internal Tensor BatchNorm(Tensor scale, Tensor shift, AskedStatistics statistics, double epsilon, double negativeSlope)
    {
        var geometry = BatchNormGeometry(scale, shift, statistics.Groups, epsilon, negativeSlope);
        var (mean, variance) = statistics.Given ?? throw new InvalidOperationException("batch norm: nobody computed the statistics");
        return Normalized(geometry, mean, variance, Whole(scale), Whole(shift));
    }

    private Tensor BatchNorm(Tensor scale, Tensor shift, int groups, double epsilon, double negativeSlope, MovingStatistics? running,
        out Tensor mean, out Tensor variance)
    {
        var geometry = BatchNormGeometry(scale, shift, groups, epsilon, negativeSlope);
        (scale, shift) = (Whole(scale), Whole(shift));
        if (Device.SynchronizesStatistics && Device.Ranks.Size > 1)
        {
            var all = SynchronizedBatchNorm(geometry, scale, shift, out mean, out variance);
            running?.Move(mean, variance);
            return all;
        }

        var call = Device.Call("batch norm");
        var (m, v) = (call.Result([groups, geometry.Channels], scale.Type),
            call.Result([groups, geometry.Channels], scale.Type));
        if (running is null)
            call.Backend.BatchNormStatistics(geometry, call[this], call[m], call[v]);
        else
            call.Backend.BatchNormStatistics(geometry, call[this], running.Momentum, running.Correction, running.Towards(m, v));
        (mean, variance) = (m, v);
        return Normalized(geometry, m, v, scale, shift);
    }

    /// <summary>The second half: by statistics that are this tensor's own, so that its gradient goes through them.</summary>
    private Tensor Normalized(BatchNormGeometry geometry, Tensor mean, Tensor variance, Tensor scale, Tensor shift)
    {
        var call = Device.Call("batch norm");
        var y = call.Result(Shape, Type);
        call.Backend.BatchNormApply(geometry, new(call[this], call[mean], call[variance], call[scale], call[shift]), call[y]);
        return y.DeriveJointly("batch norm", $"groups {geometry.Groups}, slope {geometry.NegativeSlope}", [this, scale, shift],
            (g, needed) => Tape.IsPaused
                ? FusedGradient(geometry, g, mean, variance, scale, shift, needed)
                : DifferentiableGradient(geometry, g, scale, shift, needed));
    }

    /// <summary>
    /// Batch normalization with given statistics, [channels]: what a trained network does, where an image must not depend on its batch
    /// mates.
    /// </summary>
    /// <exception cref="ShapeException">Statistics, scale or shift are not [channels].</exception>
    public Tensor BatchNormWith(Tensor mean, Tensor variance, Tensor scale, Tensor shift, double epsilon, double negativeSlope)
    {
        if (!Tape.IsPaused)
            return ((this - mean) * (scale / (variance + epsilon).Sqrt()) + shift).LeakyRelu(negativeSlope);
        var geometry = BatchNormGeometry(scale, shift, 1, epsilon, negativeSlope);
        if (mean.Count != geometry.Channels || variance.Count != geometry.Channels)
            throw new ShapeException(
                $"batch norm: input {Shape} has {geometry.Channels} channels, mean is {mean.Shape} and variance {variance.Shape}");
        (mean, variance, scale, shift) = (Whole(mean), Whole(variance), Whole(scale), Whole(shift));
        var call = Device.Call("batch norm");
        var y = call.Result(Shape, Type);
        call.Backend.BatchNormApply(geometry, new(call[this], call[mean], call[variance], call[scale], call[shift]), call[y]);
        return y.Derive("batch norm");
    }

    /// <summary>Statistics, scale and shift are of the device's float type, be the activations of bfloat16.</summary>
    private static Tensor Whole(Tensor parameter) =>
        parameter.Type == ElementType.BFloat16 ? parameter.To(parameter.Device.FloatType) : parameter;

    /// <summary>
    /// The same with statistics over the groups of all ranks, as a tensor program: two sums over the ranks on the way there, and two on the
    /// way back.
    /// </summary>
    private Tensor SynchronizedBatchNorm(BatchNormGeometry geometry, Tensor scale, Tensor shift, out Tensor mean, out Tensor variance)
    {
        var x = To(scale.Type).Reshape([geometry.Groups, geometry.Rows, geometry.Channels]);
        var average = x.Mean([1], keep: true).MeanOverRanks();
        var centered = x - average;
        var square = centered.Square().Mean([1], keep: true).MeanOverRanks();
        (mean, variance) = (average.Reshape(geometry.Groups, geometry.Channels), square.Reshape(geometry.Groups, geometry.Channels));
        var y = centered / (square + geometry.Epsilon).Sqrt() * scale + shift;
        return y.LeakyRelu(geometry.NegativeSlope).Reshape(Shape).To(Type);
    }

    /// <summary>One kernel gives the gradients of input, scale and shift; it cannot be differentiated again.</summary>
    private Tensor?[] FusedGradient(BatchNormGeometry geometry, Tensor g, Tensor mean, Tensor variance, Tensor scale, Tensor shift,
        bool[] needed)
    {
        var call = Device.Call("batch norm gradient");
        Tensor? Room(int argument, Tensor like) => needed[argument] ? call.Result(like.Shape, like.Type) : null;
        Tensor?[] gradients = [Room(0, this), Room(1, scale), Room(2, shift)];
        call.Backend.BatchNormGradient(geometry, call[g], new(call[this], call[mean], call[variance], call[scale], call[shift]),
            new(call.Optional(gradients[0]), call.Optional(gradients[1]), call.Optional(gradients[2])));
        return gradients;
    }

    /// <summary>The same gradients as a tensor program, for gradients of gradients.</summary>
    private Tensor?[] DifferentiableGradient(BatchNormGeometry geometry, Tensor g, Tensor scale, Tensor shift, bool[] needed)
    {
        Shape grouped = [geometry.Groups, geometry.Rows, geometry.Channels];
        var x = Reshape(grouped);
        var centered = x - x.Mean([1], keep: true);
        var deviation = (centered.Square().Mean([1], keep: true) + geometry.Epsilon).Sqrt();
        var normal = centered / deviation;
        var gradient = LeakyReluGradient(g.Reshape(grouped), normal * scale + shift, geometry.NegativeSlope);
        var product = gradient * normal;
        Tensor Input() => scale / deviation * (gradient - gradient.Mean([1], keep: true) - normal * product.Mean([1], keep: true));
        return [needed[0] ? Input().Reshape(Shape) : null, needed[1] ? product.Sum([0, 1]) : null, needed[2] ? gradient.Sum([0, 1]) : null];
    }

    private BatchNormGeometry BatchNormGeometry(Tensor scale, Tensor shift, int groups, double epsilon, double negativeSlope)
    {
        var (rows, channels) = BatchNormRows(Shape, groups);
        if (scale.Shape != [channels] || shift.Shape != scale.Shape)
            throw new ShapeException(
                $"batch norm: input {Shape} has {channels} channels, scale is {scale.Shape} and shift {shift.Shape}");
        return new BatchNormGeometry(groups, rows, channels, (float)epsilon, (float)negativeSlope);
    }

    /// <summary>A group's rows, and the channels.</summary>
    internal static (int Rows, int Channels) BatchNormRows(Shape shape, int groups)
    {
        if (groups < 1 || shape.Count == 0 || shape[0] % groups != 0)
            throw new ShapeException($"batch norm: input {shape} is not {groups} equal groups with something in them");
        var channels = shape[-1];
        return (Extent.Of("batch norm", "a group's rows", shape.Count / channels / groups), channels);
    }
}

/// <summary>Running statistics, [channels], that move towards those of some groups, [groups, channels].</summary>
/// <param name="Momentum">How far.</param>
/// <param name="Correction">What the groups' variance is multiplied by, which makes it unbiased.</param>
internal sealed record MovingStatistics(Tensor Mean, Tensor Variance, double Momentum, double Correction)
{
    /// <summary>Where statistics of groups and the running ones lie.</summary>
    /// <exception cref="ShapeException">They are not of the same channels.</exception>
    internal RunningStatistics Towards(Tensor mean, Tensor variance)
    {
        if (Mean.Shape != Variance.Shape || mean.Shape != variance.Shape || mean.Shape[-1] != Mean.Count)
            throw new ShapeException($"running statistics: {Mean.Shape} and {Variance.Shape} towards {mean.Shape} and {variance.Shape}");
        var call = Mean.Device.Call("running statistics");
        return new(call[mean], call[variance], call[Mean], call[Variance]);
    }

    /// <summary>Moves them by themselves.</summary>
    internal void Move(Tensor mean, Tensor variance) =>
        Mean.Device.Call("running statistics").Backend.BatchNormRunning(Momentum, Correction, Towards(mean, variance));
}

/// <summary>Statistics that a batch normalization asks of the op before it, which may compute them along with its result.</summary>
/// <param name="Groups">Equal parts of the batch, each with statistics of its own.</param>
/// <param name="Running">Given the shape of the result, what moves towards them.</param>
internal sealed record AskedStatistics(int Groups, Func<Shape, MovingStatistics> Running)
{
    /// <summary>Mean and variance, [groups, channels], outside any gradient; null while nobody has computed them.</summary>
    internal (Tensor Mean, Tensor Variance)? Given { get; private set; }

    /// <summary>What the backend is asked of a result that it is about to write.</summary>
    /// <exception cref="ShapeException">The result is not such groups, or too small to have a variance.</exception>
    internal ResultStatistics Of(Tensor y)
    {
        var (rows, channels) = Tensor.BatchNormRows(y.Shape, Groups);
        var running = Running(y.Shape);
        var call = y.Device.Call("batch norm");
        var (mean, variance) = (call.Result([Groups, channels], y.Device.FloatType), call.Result([Groups, channels], y.Device.FloatType));
        Given = (mean, variance);
        return new(new(Groups, rows, channels, Epsilon: 0, NegativeSlope: 1), running.Momentum, running.Correction,
            running.Towards(mean, variance));
    }
}
