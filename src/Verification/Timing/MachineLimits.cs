using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>
/// What a device can do at most, measured in the same run as the figures that are read beside it; 0 where it could not be measured.
/// </summary>
/// <param name="CopyGigabytesPerSecond">10⁹ bytes a second of a large copy, read and written bytes counted.</param>
/// <param name="ProductGigaflopsPerSecond">10⁹ operations a second of a large matrix product at the precision in use, a multiplication and
/// an addition counted as two.</param>
internal readonly record struct MachineLimits(double CopyGigabytesPerSecond, double ProductGigaflopsPerSecond)
{
    /// <summary>Floats of the copy and side of the product: far beyond any cache on a GPU, and a second's work at most elsewhere.</summary>
    private const int GpuCopy = 64 << 20, GpuSide = 8192, Copy = 16 << 20, Side = 1024;

    /// <summary>Measures a device; takes a second or so.</summary>
    public static MachineLimits Measure(Device device)
    {
        var count = device.IsAsynchronous ? GpuCopy : Copy;
        var product = OpCases.LargeProduct(device.IsAsynchronous ? GpuSide : Side);
        double Copied(OpCase opCase) => Best(device, opCase, recorded => recorded.Bytes);

        // Another kernel that reads and writes an array once: whichever is faster shows what the memory gives.
        var copied = Math.Max(Copied(OpCases.LargeCopy(count)), Copied(OpCases.LargeAffine(count)));
        return new MachineLimits(copied, Best(device, product, _ => product.Operations));
    }

    /// <summary>The larger of each.</summary>
    public MachineLimits Or(MachineLimits other) => new(
        Math.Max(CopyGigabytesPerSecond, other.CopyGigabytesPerSecond),
            Math.Max(ProductGigaflopsPerSecond, other.ProductGigaflopsPerSecond));

    /// <summary>
    /// The share of the limit that a call reaches: the time that its bytes or its operations need at least, whichever is more, over the
    /// time that it took (the roofline, Williams, Waterman and Patterson 2009). Above 1 where arrays stay in a cache. 0 where no limit was
    /// measured.
    /// </summary>
    public double Share(long bytes, long operations, double milliseconds)
    {
        var byBytes = CopyGigabytesPerSecond > 0 ? bytes / CopyGigabytesPerSecond * 1e-6 : 0;
        var byOperations = ProductGigaflopsPerSecond > 0 ? operations / ProductGigaflopsPerSecond * 1e-6 : 0;
        return Math.Max(byBytes, byOperations) / milliseconds;
    }

    /// <summary>Units of work in 10⁹ a second, at the fastest round.</summary>
    private static double Best(Device device, OpCase opCase, Func<RecordedCase, long> work)
    {
        using var recorded = new RecordedCase(opCase, device);
        return work(recorded) / KernelTimer.Measure(device.Backend, 1, _ => recorded.Run()).MinMs * 1e-6;
    }
}
