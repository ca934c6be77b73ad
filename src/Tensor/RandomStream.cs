using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// Random tensors from Philox, by seed and stream. The position lies in device memory and moves on with each draw, so that a captured step
/// draws anew at each replay, and a resumed run continues where it stopped.
/// </summary>
public sealed class RandomStream : IDisposable
{
    private readonly Tensor _position;

    /// <summary>A stream at its beginning.</summary>
    /// <param name="seed">The key of the generator.</param>
    /// <param name="stream">Streams of one seed are independent; give each purpose its own.</param>
    public RandomStream(Device device, ulong seed, ulong stream = 0)
    {
        (Device, Seed, Stream) = (device, seed, stream);
        using var outside = Scope.Suspended();
        _position = Tensor.Zeros(device, [1], ElementType.Int64);
    }

    /// <summary>Where it draws.</summary>
    public Device Device { get; }

    /// <summary>The key of the generator.</summary>
    public ulong Seed { get; }

    /// <summary>Which of the streams of this seed.</summary>
    public ulong Stream { get; }

    /// <summary>
    /// Whether what is drawn belongs to the samples of a batch, along the first axis, of which the ranks of a parallel run have a part
    /// each: all of it is drawn everywhere, and each rank keeps its own. So any number of ranks draw what one draws.
    /// </summary>
    internal bool IsOfSamples { get; init; }

    /// <summary>
    /// How many batches stand behind one another in what is drawn (real, wrong and generated samples, say), of each of which a rank has its
    /// part.
    /// </summary>
    internal int Batches { get; set; } = 1;

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

    /// <summary>Normal numbers of the given mean and standard deviation.</summary>
    public Tensor Normal(Shape shape, double mean = 0, double deviation = 1) => Draw(RandomDistribution.Normal, shape, mean, deviation);

    /// <summary>
    /// Numbers uniform between <paramref name="low"/> and <paramref name="high"/>: strictly between 0 and 1, and elsewhere an end is drawn
    /// where a number beside it is rounded to it.
    /// </summary>
    public Tensor Uniform(Shape shape, double low = 0, double high = 1) => Draw(RandomDistribution.Uniform, shape, low, high);

    /// <summary>A mask that keeps each element with probability <paramref name="keep"/> and scales it so that the mean stays.</summary>
    public Tensor DropoutMask(Shape shape, double keep) => Draw(RandomDistribution.Bernoulli, shape, keep, 1 / keep);

    /// <summary>Gives back the position; tensors that were drawn stay.</summary>
    public void Dispose() => _position.Dispose();

    private Tensor Draw(RandomDistribution distribution, Shape shape, double a, double b)
    {
        var (rank, ranks) = (Device.Ranks.Rank, Device.Ranks.Size);
        if (!IsOfSamples || ranks == 1)
            return DrawWhole(distribution, shape, a, b);
        var each = (int)(shape.Count / Batches);
        var whole = DrawWhole(distribution, [Batches, ranks, each], a, b);
        return whole.Slice(1, rank, 1).Reshape(shape);
    }

    private Tensor DrawWhole(RandomDistribution distribution, Shape shape, double a, double b)
    {
        var call = Device.Call(distribution.ToString());
        var y = call.Result(shape, Device.FloatType);
        call.Backend.Random(new(distribution, a, b), Seed, Stream, call[_position], call[y]);
        return y;
    }
}
