using CrossModal.Kernels;

namespace CrossModal.Tensors;

public sealed partial class Tensor
{
    /// <summary>
    /// The largest value of each square window of [batch, height, width, channels]; what does not fill a window at the far edge is left
    /// out.
    /// </summary>
    /// <exception cref="ShapeException">The input has not four axes, or no window fits it.</exception>
    public Tensor MaxPool(int kernel, int stride)
    {
        if (Shape.Rank != 4)
            throw new ShapeException($"max pool: input {Shape} must be [batch, height, width, channels]");
        var geometry = new PoolingGeometry(Shape[0], Shape[1], Shape[2], Shape[3], kernel, stride);
        Shape shape = [geometry.Batch, geometry.OutputHeight, geometry.OutputWidth, geometry.Channels];
        var call = Device.Call("max pool");
        var (y, indices) = (call.Result(shape, Type), call.Result(shape, ElementType.Int32));
        call.Backend.MaxPool(geometry, call[this], call[y], call[indices]);
        return y.Derive("max pool", $"window {kernel}, stride {stride}", new Edge(this, g => Scatter(g, indices, geometry)));
    }

    /// <summary>
    /// The mean of each square window, like the input; the windows lie side by side and must fill the image. Behind a convolution it is
    /// cheaper to have both at once: see <see cref="SpreadTaps"/>.
    /// </summary>
    /// <exception cref="ShapeException">The input has not four axes, or the windows do not fill it.</exception>
    public Tensor AveragePool(int kernel)
    {
        if (Shape.Rank != 4 || kernel < 1 || Shape[1] % kernel != 0 || Shape[2] % kernel != 0)
            throw new ShapeException($"average pool: windows of {kernel} do not fill {Shape}");
        return SumPool(kernel) * (1.0 / ((double)kernel * kernel));
    }

    /// <summary>
    /// Each pixel of [batch, height, width, channels] as a square of <paramref name="factor"/> times as many rows and columns: the nearest
    /// pixel's value. Before a convolution it is cheaper to have both at once: see <see cref="SpreadTaps"/>.
    /// </summary>
    /// <exception cref="ShapeException">The input has not four axes, or the factor is under one.</exception>
    public Tensor Upsample(int factor = 2)
    {
        if (Shape.Rank != 4 || factor < 1)
            throw new ShapeException($"upsample: input {Shape} must be [batch, height, width, channels] and the factor {factor} positive");
        var (batch, height, width, channels) = (Shape[0], Shape[1], Shape[2], Shape[3]);
        Shape squares = [batch, height, factor, width, factor, channels];
        var call = Device.Call("upsample");
        var y = call.Result([batch, Extent.Of("upsample", "the height", (long)height * factor),
            Extent.Of("upsample", "the width", (long)width * factor), channels], Type);
        var strides = new Shape(batch, height, 1, width, 1, channels).StridesWithin(squares);
        call.Backend.StridedCopy(StridedGeometry.Merge(squares.Extents, strides, strides, squares.Strides()), call[this], call[y]);
        return y.Derive("upsample", $"by {factor}", new Edge(this, g => g.SumPool(factor)));
    }

    /// <summary>The sum of each square window; the windows lie side by side and fill the image.</summary>
    private Tensor SumPool(int kernel)
    {
        var (batch, height, width, channels) = (Shape[0], Shape[1] / kernel, Shape[2] / kernel, Shape[3]);
        Tensor y;
        using (Tape.Paused())
            y = Reshape(batch, height, kernel, width, kernel, channels).Sum([2, 4]).To(Type);

        return y.Derive("sum pool", $"window {kernel}", new Edge(this, g => g.Upsample(kernel)));
    }

    private static Tensor Scatter(Tensor g, Tensor indices, PoolingGeometry geometry)
    {
        var call = g.Device.Call("max pool gradient");
        var x = call.Result([geometry.Batch, geometry.InputHeight, geometry.InputWidth, geometry.Channels], g.Type);
        call.Backend.MaxPoolScatter(geometry, call[g], call[indices], call[x]);
        return x.Derive("max pool gradient", new Edge(g, h => Gather(h, indices, geometry)));
    }

    private static Tensor Gather(Tensor x, Tensor indices, PoolingGeometry geometry)
    {
        var call = x.Device.Call("max pool gather");
        var y = call.Result(indices.Shape, x.Type);
        call.Backend.MaxPoolGather(geometry, call[x], call[indices], call[y]);
        return y.Derive("max pool gather", new Edge(x, h => Scatter(h, indices, geometry)));
    }
}
