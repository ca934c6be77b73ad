using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>Max pooling over vectors of channels, its derivative, and the derivative of that.</summary>
internal sealed unsafe partial class CpuBackend
{
    public override void MaxPool(in PoolingGeometry geometry, DeviceArray x, DeviceArray y, DeviceArray indices)
    {
        var perRow = geometry.OutputWidth * geometry.Channels * geometry.Kernel * geometry.Kernel;
        _workers.Run(new MaxPoolBody(geometry, x.Float32, Output(y), indices.Int32), checked(geometry.Batch * geometry.OutputHeight),
            Math.Max(1, Lanes.Grain / perRow));
    }

    public override void MaxPoolScatter(in PoolingGeometry geometry, DeviceArray outputGradient, DeviceArray indices,
        DeviceArray inputGradient)
    {
        // Windows may overlap, so an image belongs to one thread.
        var image = geometry.InputHeight * geometry.InputWidth * geometry.Channels;
        _workers.Run(new MaxPoolScatterBody(geometry, outputGradient.Float32, indices.Int32, Output(inputGradient)), geometry.Batch,
            Math.Max(1, Lanes.HeavyGrain / image));
    }

    public override void MaxPoolGather(in PoolingGeometry geometry, DeviceArray x, DeviceArray indices, DeviceArray y)
    {
        var perRow = geometry.OutputWidth * geometry.Channels;
        _workers.Run(new MaxPoolGatherBody(geometry, x.Float32, indices.Int32, Output(y)), checked(geometry.Batch * geometry.OutputHeight),
            Math.Max(1, Lanes.HeavyGrain / perRow));
    }

    /// <summary>A task is a row of output pixels.</summary>
    private readonly struct MaxPoolBody(PoolingGeometry g, float* x, float* y, int* indices) : IRangeBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var (channels, kernel, width, stride, columns) = (g.Channels, g.Kernel, g.InputWidth, g.Stride, g.OutputWidth);
            var ramp = Vector512<int>.Indices;
            for (var task = first; task < end; task++)
            {
                var image = x + (long)(task / g.OutputHeight) * g.InputHeight * width * channels;
                var top = task % g.OutputHeight * stride;
                for (var column = 0; column < columns; column++)
                {
                    var pixel = (long)task * columns + column;
                    var corner = (top * width + column * stride) * channels;
                    for (var c = 0; c < channels; c += Lanes.Width)
                    {
                        var count = Math.Min(Lanes.Width, channels - c);
                        var place = Vector512.Create(corner + c) + ramp;
                        var largest = Load(image + corner + c, count);
                        for (var kh = 0; kh < kernel; kh++)
                        {
                            for (var kw = kh == 0 ? 1 : 0; kw < kernel; kw++)
                            {
                                var candidate = corner + (kh * width + kw) * channels + c;
                                var value = Load(image + candidate, count);

                                // Greater, or the first NaN: a NaN differs from itself, and nothing is greater than it afterwards.
                                var wins = Vector512.GreaterThan(value, largest) | Vector512.AndNot(Vector512.Equals(largest, largest),
                                    Vector512.Equals(value, value));
                                largest = Vector512.ConditionalSelect(wins, value, largest);
                                place = Vector512.ConditionalSelect(wins.AsInt32(), Vector512.Create(candidate) + ramp, place);
                            }
                        }

                        var at = pixel * channels + c;
                        if (count == Lanes.Width)
                        {
                            largest.Store(y + at);
                            place.Store(indices + at);
                        }
                        else
                        {
                            Lanes.StorePart(largest, y + at, count);
                            Lanes.StorePart(place, indices + at, count);
                        }
                    }
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector512<float> Load(float* p, int count) => count == Lanes.Width ? Vector512.Load(p) : Lanes.LoadPart(p, count);
    }

    /// <summary>A task is an image.</summary>
    private readonly struct MaxPoolScatterBody(PoolingGeometry g, float* outputGradient, int* indices, float* inputGradient) : IRangeBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var image = g.InputHeight * g.InputWidth * g.Channels;
            var pooled = g.OutputHeight * g.OutputWidth * g.Channels;
            for (var batch = (long)first; batch < end; batch++)
            {
                var target = inputGradient + batch * image;
                var gradients = outputGradient + batch * pooled;
                var places = indices + batch * pooled;
                new Span<float>(target, image).Clear();
                for (var i = 0; i < pooled; i++)
                    target[places[i]] += gradients[i];
            }
        }
    }

    /// <summary>A task is a row of output pixels.</summary>
    private readonly struct MaxPoolGatherBody(PoolingGeometry g, float* x, int* indices, float* y) : IRangeBody
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Run(int first, int end)
        {
            var row = g.OutputWidth * g.Channels;
            for (var task = first; task < end; task++)
            {
                var image = x + (long)(task / g.OutputHeight) * g.InputHeight * g.InputWidth * g.Channels;
                for (var i = (long)task * row; i < (long)(task + 1) * row; i++)
                    y[i] = image[indices[i]];
            }
        }
    }
}
