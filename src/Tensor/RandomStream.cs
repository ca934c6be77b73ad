using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// Random tensors from Philox, by seed and stream. The position lies in device memory and moves on with each draw, so that a captured step
/// draws anew at each replay, and a resumed run continues where it stopped.
/// </summary>
public sealed class RandomStream : IDisposable
{
    private readonly Tensor _position;

    public RandomStream(Device device, ulong seed, ulong stream = 0)
    {
        (Device, Seed, Stream) = (device, seed, stream);
        using var outside = Scope.Suspended();
        _position = Tensor.Zeros(device, [1], ElementType.Int64);
    }

    public Device Device { get; }

    public ulong Seed { get; }

    public ulong Stream { get; }

    /// <summary>How many blocks of four words were drawn; part of a checkpoint.</summary>
    public long Position
    {
        get
        {
            Span<long> value = stackalloc long[1];
            _position.Read(value);
            return value[0];
        }

        set => _position.Write([value]);
    }

    public Tensor Normal(Shape shape, double mean = 0, double deviation = 1) => Draw(RandomDistribution.Normal, shape, mean, deviation);

    public Tensor Uniform(Shape shape, double low = 0, double high = 1) => Draw(RandomDistribution.Uniform, shape, low, high);

    /// <summary>A mask that keeps each element with probability <paramref name="keep"/> and scales it so that the mean stays.</summary>
    public Tensor DropoutMask(Shape shape, double keep) => Draw(RandomDistribution.Bernoulli, shape, keep, 1 / keep);

    public void Dispose() => _position.Dispose();

    private Tensor Draw(RandomDistribution distribution, Shape shape, double a, double b)
    {
        var y = Tensor.Uninitialized(Device, shape, null, distribution.ToString());
        Device.Backend.Random(distribution, Seed, Stream, _position.Array, y.Array, a, b);
        return y;
    }
}
