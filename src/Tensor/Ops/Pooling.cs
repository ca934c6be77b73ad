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

    /// <summary>The mean of each square window; the windows lie side by side and must fill the image.</summary>
    /// <exception cref="ShapeException">The input has not four axes, or the windows do not fill it.</exception>
    public Tensor AveragePool(int kernel)
    {
        if (Shape.Rank != 4 || kernel < 1 || Shape[1] % kernel != 0 || Shape[2] % kernel != 0)
            throw new ShapeException($"average pool: windows of {kernel} do not fill {Shape}");
        return Reshape(Shape[0], Shape[1] / kernel, kernel, Shape[2] / kernel, kernel, Shape[3]).Mean([2, 4]);
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
