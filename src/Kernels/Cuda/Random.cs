namespace CrossModal.Kernels.Cuda;

internal sealed unsafe partial class CudaBackend
{
    public override void Random(in RandomNumbers numbers, ulong seed, ulong stream, DeviceArray position, DeviceArray y)
    {
        var (distribution, a, b) = numbers;
        if (y.Count == 0)
            return;
        var (kernel, second) = distribution switch
        {
            RandomDistribution.Uniform => ("random_uniform", (float)(b - a)),
            RandomDistribution.Normal => ("random_normal", (float)b),
            RandomDistribution.Bernoulli => ("random_bernoulli", (float)b),
            _ => throw new ArgumentOutOfRangeException(nameof(distribution), distribution, "no such distribution"),
        };
        Kernel("random", kernel).Value(seed).Value(stream).Array(position).Array(ZeroCounters(1)).Array(y).Value(y.Count)
            .Value(InVectors(y) ? y.Count / 4 : 0)
            .Value((float)a).Value(second).Run(Blocks((y.Count + 3) / 4), BlockSize);
    }
}
