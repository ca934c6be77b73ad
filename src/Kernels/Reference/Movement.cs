namespace CrossModal.Kernels.Reference;

/// <summary>Filling, copying along strides, images moved each by its own offset, and labels turned into rows.</summary>
internal sealed unsafe partial class ReferenceBackend
{
    public override void Fill(DeviceArray y, double value)
    {
        switch (y.Type)
        {
            case ElementType.Float32:
                y.Span<float>().Fill((float)value);
                break;
            case ElementType.Float64:
                y.Span<double>().Fill(value);
                break;
            case ElementType.BFloat16:
                y.Span<BFloat16>().Fill(BFloat16.Round(value));
                break;
            case ElementType.Int32:
                y.Span<int>().Fill((int)value);
                break;
            default:
                y.Span<long>().Fill((long)value);
                break;
        }
    }

    public override void Convert(DeviceArray x, DeviceArray y)
    {
        switch (x.Type, y.Type)
        {
            case (ElementType.BFloat16, ElementType.Float64):
                for (var i = 0L; i < y.Count; i++)
                    y.Float64[i] = x.BFloat16[i];
                break;
            case (ElementType.Float64, ElementType.BFloat16):
                for (var i = 0L; i < y.Count; i++)
                    y.BFloat16[i] = BFloat16.Round(x.Float64[i]);
                break;
            default:
                base.Convert(x, y);
                break;
        }
    }

    public override void StridedCopy(in StridedGeometry geometry, DeviceArray x, DeviceArray y)
    {
        if (x.Type != y.Type)
            throw new ArgumentException($"strided copy: {x.Type} cannot be copied to {y.Type}");
        if (y.Type.Size() == sizeof(short))
            Copy(geometry, (short*)x.Address, (short*)y.Address);
        else if (y.Type.Size() == sizeof(int))
            Copy(geometry, (int*)x.Address, (int*)y.Address);
        else
            Copy(geometry, (long*)x.Address, (long*)y.Address);
    }

    public override void OneHot(DeviceArray labels, int classes, DeviceArray y)
    {
        var output = y.Float64;
        for (var i = 0L; i < labels.Count; i++)
        {
            for (var c = 0; c < classes; c++)
                output[i * classes + c] = labels.Int32[i] == c ? 1 : 0;
        }
    }

    public override void Shift(in ShiftGeometry geometry, DeviceArray x, DeviceArray offsets, DeviceArray y)
    {
        var (height, width, channels) = (geometry.Height, geometry.Width, geometry.Channels);
        var at = 0L;
        for (var batch = 0L; batch < geometry.Batch; batch++)
        {
            var down = Math.Round(offsets.Float64[2 * batch], MidpointRounding.AwayFromZero);
            var right = Math.Round(offsets.Float64[2 * batch + 1], MidpointRounding.AwayFromZero);
            for (var row = 0; row < height; row++)
            {
                for (var column = 0; column < width; column++)
                {
                    var (fromRow, fromColumn) = (row - down, column - right);
                    var inside = fromRow >= 0 && fromRow < height && fromColumn >= 0 && fromColumn < width;
                    for (var c = 0; c < channels; c++, at++)
                        y.Float64[at] = inside
                            ? x.Float64[((batch * height + (long)fromRow) * width + (long)fromColumn) * channels + c] : 0;
                }
            }
        }
    }

    private static void Copy<T>(in StridedGeometry geometry, T* x, T* y) where T : unmanaged
    {
        for (var n = 0L; n < geometry.Count; n++)
        {
            var (from, _, to) = Offsets(geometry, n);
            y[to] = x[from];
        }
    }
}
