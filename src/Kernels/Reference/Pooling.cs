namespace CrossModal.Kernels.Reference;

/// <summary>Max pooling, its derivative, and the derivative of that. A NaN in a window is its maximum.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void MaxPool(in PoolingGeometry geometry, DeviceArray x, DeviceArray y, DeviceArray indices)
    {
        var channels = geometry.Channels;
        var image = (long)geometry.InputHeight * geometry.InputWidth * channels;
        var at = 0L;
        for (var batch = 0; batch < geometry.Batch; batch++)
        {
            for (var row = 0; row < geometry.OutputHeight; row++)
            {
                for (var column = 0; column < geometry.OutputWidth; column++)
                {
                    for (var c = 0; c < channels; c++, at++)
                    {
                        var place = -1;
                        var largest = double.NegativeInfinity;
                        for (var kh = 0; kh < geometry.Kernel; kh++)
                        {
                            for (var kw = 0; kw < geometry.Kernel; kw++)
                            {
                                var candidate = ((row * geometry.Stride + kh) * geometry.InputWidth + column * geometry.Stride + kw)
                                    * channels + c;
                                var value = x.Float64[batch * image + candidate];
                                if (place < 0 || value > largest || (double.IsNaN(value) && !double.IsNaN(largest)))
                                    (place, largest) = (candidate, value);
                            }
                        }

                        y.Float64[at] = largest;
                        indices.Int32[at] = place;
                    }
                }
            }
        }
    }

    public override void MaxPoolScatter(in PoolingGeometry geometry, DeviceArray outputGradient, DeviceArray indices,
        DeviceArray inputGradient)
    {
        Fill(inputGradient, 0);
        var image = (long)geometry.InputHeight * geometry.InputWidth * geometry.Channels;
        var pooled = (long)geometry.OutputHeight * geometry.OutputWidth * geometry.Channels;
        for (var at = 0L; at < geometry.OutputCount; at++)
            inputGradient.Float64[at / pooled * image + indices.Int32[at]] += outputGradient.Float64[at];
    }

    public override void MaxPoolGather(in PoolingGeometry geometry, DeviceArray x, DeviceArray indices, DeviceArray y)
    {
        var image = (long)geometry.InputHeight * geometry.InputWidth * geometry.Channels;
        var pooled = (long)geometry.OutputHeight * geometry.OutputWidth * geometry.Channels;
        for (var at = 0L; at < geometry.OutputCount; at++)
            y.Float64[at] = x.Float64[at / pooled * image + indices.Int32[at]];
    }
}
