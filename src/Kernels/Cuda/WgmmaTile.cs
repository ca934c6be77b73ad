namespace CrossModal.Kernels.Cuda;

/// <summary>A tile of kernels/wgmma.cuh: <see cref="Rows"/> rows by so many columns of the result for a block.</summary>
/// <param name="Columns">64, 128 or 256.</param>
/// <param name="Stages">Steps along the depth that have room in shared memory.</param>
/// <param name="Gatherers">Threads that copy for a convolution.</param>
internal sealed record WgmmaTile(int Columns, int Stages, int Gatherers)
{
    /// <summary>Rows of a tile, values of the summed index in a step, and elements of a row of shared memory.</summary>
    public const int Rows = 128, Depth = 64, RowElements = BoxedArray.BoxWidth;

    /// <summary>Threads that multiply, and those that copy for a matrix product.</summary>
    private const int Consumers = 256, Producers = 32;

    private const int RowBytes = 128, Alignment = 1024, BarrierBytes = 128, Warps = Consumers / 32;

    /// <summary>Elements that a vector of 16 bytes has: what lies side by side in an array must be a multiple of it.</summary>
    public const int Vector = 8;

    /// <summary>The tiles that products and convolutions have.</summary>
    public static IReadOnlyList<WgmmaTile> All { get; } = [new(256, 4, 128), new(128, 3, 64), new(64, 4, 64)];

    public string Name => $"{Rows}x{Columns}";

    public int ProductThreads => Consumers + Producers;

    public int ConvolutionThreads => Consumers + Gatherers;

    /// <summary>Dynamic shared memory of a block.</summary>
    public int SharedBytes => Stages * (Rows + Columns) * RowBytes + Alignment;

    /// <summary>Static shared memory that a convolution has besides: barriers, and moments of each warp's columns.</summary>
    private int StaticBytes => BarrierBytes + sizeof(float) * Math.Max(2 * Warps * Columns, 8 * Consumers);

    /// <summary>Whether a device has the instructions of <c>sm_90a</c>.</summary>
    public static bool IsKnownTo(GpuProperties device) => (device.Major, device.Minor) == (9, 0);

    /// <summary>Whether a device has the instructions and room for the stages and their barriers.</summary>
    public bool RunsOn(GpuProperties device) =>
        IsKnownTo(device) && SharedBytes + StaticBytes <= device.SharedBytesPerBlock;

    /// <summary>
    /// Into how many slices to cut a depth of so many steps, so that few tiles still fill the device: each with enough steps that copies
    /// run ahead.
    /// </summary>
    public static int Slices(long tiles, long steps, int multiprocessors) =>
        (int)Math.Clamp(Math.Min(multiprocessors / Math.Max(1, tiles), steps / 8), 1, 32);
}
