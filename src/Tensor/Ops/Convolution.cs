using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>Stride, padding and dilation of a square convolution, given once and used by its three forms.</summary>
public readonly record struct ConvolutionOptions(int Stride = 1, int Padding = 0, int Dilation = 1)
{
    /// <summary>Of <c>default</c> every number is zero; a stride or a dilation of zero is one that was not given.</summary>
    internal (int Stride, int Padding, int Dilation) Given => (Stride == 0 ? 1 : Stride, Padding, Dilation == 0 ? 1 : Dilation);
}

// Three convolutions, closed under differentiation: the derivatives of each are the other two.
public sealed partial class Tensor
{
    /// <summary>
    /// This input [batch, height, width, in] convolved with weight [out, kernelHeight, kernelWidth, in] gives [batch, h, w, out].
    /// </summary>
    /// <exception cref="ShapeException">
    /// Input or weight has not four axes, their channels differ, or the kernel does not fit the padded input.
    /// </exception>
    public Tensor Convolution(Tensor weight, ConvolutionOptions options = default) =>
        Convolve(this, weight, Geometry("convolution", Shape, weight.Shape, options));

    /// <summary>The same, and statistics of the result for the batch normalization behind it.</summary>
    internal Tensor Convolution(Tensor weight, ConvolutionOptions options, AskedStatistics? statistics) =>
        Convolve(this, weight, Geometry("convolution", Shape, weight.Shape, options), statistics: statistics);

    /// <summary>
    /// <see cref="Convolution(Tensor, ConvolutionOptions)"/> + bias, [out], in the memory of one result. Whoever watches the tape is shown
    /// both ops.
    /// </summary>
    internal Tensor ConvolutionAdd(Tensor weight, Tensor bias, ConvolutionOptions options)
    {
        var geometry = Geometry("convolution add", Shape, weight.Shape, options);
        if (bias.Shape != [geometry.OutputChannels])
            throw new ShapeException($"convolution add: bias {bias.Shape} must be [{geometry.OutputChannels}]");
        if (Tape.Watching is not null)
            return Convolution(weight, options) + bias;
        var call = Device.Call("convolution add");
        var y = call.Result(OutputShape(geometry), ProductType(this, weight));
        call.Backend.ConvolutionAdd(geometry, call[this], call[weight], call[bias], call[y]);
        return y.Derive("convolution add", $"{Window(geometry)}", new Edge(this, g => InputGradient(g, weight, geometry, Type)),
            new Edge(weight, g => WeightGradient(this, g, geometry, weight.Type)), new Edge(bias, g => g.SumTo(bias.Shape)));
    }

    /// <summary>
    /// (<see cref="Convolution(Tensor, ConvolutionOptions)"/> + bias).LeakyRelu(slope) in the memory of one result; bias [out]. As in
    /// <see cref="AddLeakyRelu"/> the sum itself is not kept.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The slope is negative or NaN.</exception>
    /// <exception cref="ShapeException">As for <see cref="Convolution(Tensor, ConvolutionOptions)"/>, or the bias is not [out].</exception>
    public Tensor ConvolutionAddLeakyRelu(Tensor weight, Tensor bias, double slope, ConvolutionOptions options = default)
    {
        CheckSlope("convolution add leaky relu", slope);
        var geometry = Geometry("convolution add leaky relu", Shape, weight.Shape, options);
        if (bias.Shape != [geometry.OutputChannels])
            throw new ShapeException($"convolution add leaky relu: bias {bias.Shape} must be [{geometry.OutputChannels}]");
        var call = Device.Call("convolution add leaky relu");
        var y = call.Result(OutputShape(geometry), ProductType(this, weight));
        call.Backend.ConvolutionAddLeakyRelu(geometry, call[this], call[weight], call[bias], slope, call[y]);
        return y.DeriveJointly("convolution add leaky relu", $"{Window(geometry)}, slope {slope}", [this, weight, bias], (g, needed) =>
        {
            var (passed, sums) = LeakyReluGradient(g, y, slope, needed[2] ? bias.Shape : null);
            return [needed[0] ? InputGradient(passed, weight, geometry, Type) : null,
                needed[1] ? WeightGradient(this, passed, geometry, weight.Type) : null, sums];
        });
    }

    /// <summary>
    /// The transposed convolution: this [batch, h, w, out] with weight [out, kernelHeight, kernelWidth, in] gives [batch, (h − 1)·stride −
    /// 2·padding + dilation·(kernel − 1) + 1, …, in].
    /// </summary>
    /// <exception cref="ShapeException">Input or weight has not four axes, or their channels differ.</exception>
    public Tensor ConvolutionTransposed(Tensor weight, ConvolutionOptions options = default) =>
        ConvolutionTransposed(weight, options, null);

    /// <summary>The same, and statistics of the result for the batch normalization behind it.</summary>
    internal Tensor ConvolutionTransposed(Tensor weight, ConvolutionOptions options, AskedStatistics? statistics)
    {
        CheckRanks("transposed convolution", Shape, weight.Shape);
        var (stride, padding, dilation) = options.Given;
        int Side(int output, int kernel) => Extent.Of("transposed convolution", "a side of the result",
            (output - 1L) * stride - 2L * padding + (long)dilation * (kernel - 1) + 1);
        Shape input = [Shape[0], Side(Shape[1], weight.Shape[1]), Side(Shape[2], weight.Shape[2]), weight.Shape[3]];
        if (weight.Shape[0] != Shape[3])
            throw new ShapeException(
                $"transposed convolution: input {Shape} has {Shape[3]} channels, weight {weight.Shape} expects {weight.Shape[0]}");
        return InputGradient(this, weight, Geometry("transposed convolution", input, weight.Shape, options), statistics: statistics);
    }

    /// <summary>
    /// A convolution's weight [a, height, width, b] as [a, height + 1, width + 1, b]: each tap at its own place, at the next row's, the
    /// next column's and the next of both, added up. It computes a convolution of stride 1 together with what changes the size of the
    /// image, in 4/9 of the multiplications for a kernel of 3, without the larger image in memory, and for even sides to the same numbers
    /// but for rounding: <c>x.Upsample(2).ConvolutionTransposed(w, new(1, p))</c> is
    /// <c>x.ConvolutionTransposed(w.SpreadTaps(), new(2, p))</c>, and <c>x.Convolution(w, new(1, p)).AveragePool(2)</c> is
    /// <c>x.Convolution(w.SpreadTaps() * 0.25, new(2, p))</c>.
    /// </summary>
    /// <exception cref="ShapeException">The weight has not four axes.</exception>
    public Tensor SpreadTaps() => Shape.Rank == 4
        ? SpreadAlong(1).SpreadAlong(2)
        : throw new ShapeException($"spread taps: weight {Shape} must be [a, height, width, b]");

    // A result has the type of the argument that it is the gradient of, else that of a product of the two.

    internal static Tensor Convolve(Tensor x, Tensor weight, ConvolutionGeometry geometry, ElementType? type = null,
        AskedStatistics? statistics = null)
    {
        var call = x.Device.Call("convolution");
        var y = call.Result(OutputShape(geometry), type ?? ProductType(x, weight));
        if (statistics is null)
            call.Backend.Convolution(geometry, call[x], call[weight], call[y]);
        else
            call.Backend.ConvolutionStatistics(geometry, call[x], call[weight], call[y], statistics.Of(y));
        return y.Derive("convolution", $"{Window(geometry)}", new Edge(x, g => InputGradient(g, weight, geometry, x.Type)),
            new Edge(weight, g => WeightGradient(x, g, geometry, weight.Type)));
    }

    internal static Tensor InputGradient(Tensor g, Tensor weight, ConvolutionGeometry geometry, ElementType? type = null,
        AskedStatistics? statistics = null)
    {
        var call = g.Device.Call("convolution input gradient");
        var x = call.Result([geometry.Batch, geometry.InputHeight, geometry.InputWidth, geometry.InputChannels],
            type ?? ProductType(g, weight));
        if (statistics is null)
            call.Backend.ConvolutionInputGradient(geometry, call[g], call[weight], call[x]);
        else
            call.Backend.ConvolutionInputGradientStatistics(geometry, call[g], call[weight], call[x], statistics.Of(x));
        return x.Derive("convolution input gradient", $"{Window(geometry)}", new Edge(g, h => Convolve(h, weight, geometry, g.Type)),
            new Edge(weight, h => WeightGradient(h, g, geometry, weight.Type)));
    }

    internal static Tensor WeightGradient(Tensor x, Tensor g, ConvolutionGeometry geometry, ElementType? type = null)
    {
        var call = x.Device.Call("convolution weight gradient");
        var weight = call.Result([geometry.OutputChannels, geometry.KernelHeight, geometry.KernelWidth, geometry.InputChannels],
            type ?? ProductType(x, g));
        call.Backend.ConvolutionWeightGradient(geometry, call[x], call[g], call[weight]);
        return weight.Derive("convolution weight gradient", $"{Window(geometry)}", new Edge(x, h => InputGradient(g, h, geometry, x.Type)),
            new Edge(g, h => Convolve(x, h, geometry, g.Type)));
    }

    /// <summary>Each position's number there and at the next one, added up: y[i] = x[i] + x[i − 1], one position more.</summary>
    private Tensor SpreadAlong(int axis)
    {
        var (outer, extent, inner) = Around(axis);
        var call = Device.Call("spread");
        var y = call.Result(Shape.With(axis, extent + 1), Type);
        if (Count > 0)
        {
            var (from, to) = (extent * inner, (extent + 1) * inner);
            var (x, all) = (call[this], call[y]);
            call.Backend.StridedCopy(StridedGeometry.Merge([outer, 2, (int)inner], [from, from - inner, 1], [from, from - inner, 1],
                [to, to - inner, 1]), x, all);
            if (extent > 1)
                call.Backend.Binary(BinaryOperation.Add, StridedGeometry.Merge([outer, extent - 1, (int)inner], [from, inner, 1],
                    [from, inner, 1], [to, inner, 1]), x, Behind(x, inner), Behind(all, inner));
        }

        return y.Derive("spread", $"axis {axis}", new Edge(this, g => g.SumNeighbors(axis)));
    }

    /// <summary>The transpose: y[i] = x[i] + x[i + 1], one position less.</summary>
    private Tensor SumNeighbors(int axis)
    {
        var (outer, extent, inner) = Around(axis);
        var call = Device.Call("sum neighbors");
        var y = call.Result(Shape.With(axis, extent - 1), Type);
        if (y.Count > 0)
        {
            var (from, to) = (extent * inner, (extent - 1) * inner);
            var x = call[this];
            call.Backend.Binary(BinaryOperation.Add, StridedGeometry.Merge([outer, extent - 1, (int)inner], [from, inner, 1],
                [from, inner, 1], [to, inner, 1]), x, Behind(x, inner), call[y]);
        }

        return y.Derive("sum neighbors", $"axis {axis}", new Edge(this, g => g.SpreadAlong(axis)));
    }

    private (int Outer, int Extent, long Inner) Around(int axis) => (
        Extent.Product("spread", "the axes before it", Shape.Extents[..axis]), Shape[axis],
        Extent.Product("spread", "the axes behind it", Shape.Extents[(axis + 1)..]));

    private static DeviceArray Behind(DeviceArray array, long first) => array.Slice(first, array.Count - first);

    /// <summary>A product is computed in bfloat16 where one factor is of it: the other is rounded to it, too.</summary>
    private static ElementType ProductType(Tensor a, Tensor b) => b.Type == ElementType.BFloat16 ? b.Type : a.Type;

    private static Shape OutputShape(in ConvolutionGeometry geometry) =>
        [geometry.Batch, geometry.OutputHeight, geometry.OutputWidth, geometry.OutputChannels];

    private static ConvolutionGeometry Geometry(string op, Shape input, Shape weight, ConvolutionOptions options)
    {
        CheckRanks(op, input, weight);
        if (input[3] != weight[3])
            throw new ShapeException($"{op}: input {input} has {input[3]} channels, weight {weight} expects {weight[3]}");
        var (stride, padding, dilation) = options.Given;
        return new ConvolutionGeometry(input[0], new(input[1], weight[1], stride, padding, dilation),
            new(input[2], weight[2], stride, padding, dilation), input[3], weight[0]);
    }

    private static string Window(ConvolutionGeometry geometry) =>
        $"kernel {geometry.KernelHeight}×{geometry.KernelWidth}, stride {geometry.StrideHeight}, padding {geometry.PaddingHeight}";

    private static void CheckRanks(string op, Shape input, Shape weight)
    {
        if (input.Rank != 4 || weight.Rank != 4)
            throw new ShapeException(
                $"{op}: input {input} must be [batch, height, width, channels] and weight {weight} [out, height, width, in]");
    }
}
