using System.Runtime.InteropServices;

namespace CrossModal.Kernels.Cuda;

/// <summary>The two operands of a matrix product or a convolution, in the order of <see cref="Backend"/>, and its result.</summary>
internal readonly record struct ProductArrays(DeviceArray A, DeviceArray B, DeviceArray Result);

/// <summary>What the matrix product's kernels take by value: <c>matrix_product_geometry</c> in <c>kernels/matrix_product.cuh</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct MatrixProductArguments(in MatrixProductGeometry g, in ProductArrays arrays, int slices, int sliceDepth)
{
    public readonly int Batch = g.Batch, M = g.M, N = g.N, K = g.K;
    public readonly int TransposeA = g.TransposeA ? 1 : 0, TransposeB = g.TransposeB ? 1 : 0;
    public readonly int VectorA = Vectors(arrays.A, g.TransposeA ? g.M : g.K) ? 1 : 0;
    public readonly int VectorB = Vectors(arrays.B, g.TransposeB ? g.K : g.N) ? 1 : 0;
    public readonly int VectorC = arrays.Result.Address % (4 * arrays.Result.Type.Size()) == 0 && g.N % 4 == 0 ? 1 : 0;
    public readonly int NarrowC = arrays.Result.Type == ElementType.BFloat16 ? 1 : 0;
    public readonly int Slices = slices, SliceDepth = sliceDepth;

    /// <summary>
    /// Whether 16 bytes of neighbors can be moved at once: the array is aligned, rows are made of so many, and no row is longer than 2 GiB.
    /// </summary>
    public static bool Vectors(DeviceArray array, long row) =>
        array.Address % 16 == 0 && row * array.Type.Size() % 16 == 0 && row * array.Type.Size() <= int.MaxValue;
}

/// <summary>
/// One hand-written way to multiply matrices: a kernel (one for each way the operands may lie, where it has four) and what the choice among
/// them needs to know.
/// </summary>
/// <param name="Name">As the kernel is called.</param>
/// <param name="Family">The kernel's file.</param>
/// <param name="Kernels">One kernel that takes every way the operands lie; or four: neither transposed, B, A, both.</param>
/// <param name="Precision">How it rounds operands.</param>
/// <param name="Rows">Rows of C that a block computes; 0: an element a thread.</param>
/// <param name="Rate">About how many multiply-adds a multiprocessor does in a clock with this kernel, edges of tiles included: an estimate
/// from the number of loads to a multiplication. It only ranks versions that nobody has measured.</param>
/// <param name="Slices">Whether it can cut the depth.</param>
internal sealed record MatrixProductVersion(
    string Name, string Family, string[] Kernels, Precision Precision, int Rows, int Columns, int Threads, int SharedBytes, double Rate,
        bool Slices)
{
    /// <summary>Depths are cut in multiples of this: whole steps of every version.</summary>
    private const int SliceUnit = 64;

    private const int MostSlices = 32;

    /// <summary>All versions; a version's number is its index. The first two are there to be read and to be measured against.</summary>
    public static IReadOnlyList<MatrixProductVersion> All { get; } =
    [
        new("matrix_product_1", "matrix_product", ["matrix_product_1"], Precision.Float32, 0, 0, 256, 0, 4, Slices: false),
        new("matrix_product_2", "matrix_product", ["matrix_product_2"], Precision.Float32, 16, 16, 256, 0, 16, Slices: false),
        new("matrix_product_3_128x128", "matrix_product", ["matrix_product_3_128x128"], Precision.Float32, 128, 128, 256, 0, 100,
            Slices: true),
        new("matrix_product_3_64x64", "matrix_product", ["matrix_product_3_64x64"], Precision.Float32, 64, 64, 256, 0, 75, Slices: true),
        new("matrix_product_3_32x32", "matrix_product", ["matrix_product_3_32x32"], Precision.Float32, 32, 32, 64, 0, 40, Slices: true),
        Tensor(Precision.TensorFloat32, 256, 128, 256, 3, 500),
        Tensor(Precision.TensorFloat32, 128, 128, 128, 3, 400),
        Tensor(Precision.TensorFloat32, 64, 64, 128, 4, 220),
        Tensor(Precision.BFloat16, 256, 128, 256, 3, 1600),
        Tensor(Precision.BFloat16, 128, 128, 128, 3, 1400),
        Tensor(Precision.BFloat16, 64, 64, 128, 4, 800),
    ];

    /// <summary>
    /// Whether a device can run it: the tensor cores' instructions are there from compute capability 8.0 on, and the stages must have room.
    /// </summary>
    public bool RunsOn(GpuProperties device) =>
        SharedBytes <= device.SharedBytesPerBlock && (Precision == Precision.Float32 || device.Major >= 8);

    /// <summary>Whether it may be the fastest: versions 1 and 2 are not.</summary>
    public bool Competes => Slices;

    public string Kernel(in MatrixProductGeometry g) =>
        Kernels.Length == 1 ? Kernels[0] : Kernels[(g.TransposeA ? 2 : 0) + (g.TransposeB ? 1 : 0)];

    /// <summary>Blocks of a launch.</summary>
    public long Blocks(in MatrixProductGeometry g, int slices) =>
        (long)g.Batch * slices * ((g.M + Rows - 1) / Rows) * ((g.N + Columns - 1) / Columns);

    /// <summary>
    /// The depth of a slice when the depth is cut into about <paramref name="slices"/>: a multiple of <see cref="SliceUnit"/>, or all.
    /// </summary>
    public static int SliceDepth(in MatrixProductGeometry g, int slices) =>
        slices <= 1 || g.K == 0
            ? Math.Max(g.K, 1) : (int)(((long)g.K + (long)slices * SliceUnit - 1) / ((long)slices * SliceUnit) * SliceUnit);

    /// <summary>
    /// The number of slices with the least estimated time, and that time in clocks. A multiprocessor does its blocks one after the other at
    /// <see cref="Rate"/>, but no block faster than its operands come (some 700 clocks from request to arrival; float32 has 16 of the depth
    /// on their way, TF32 64 and bfloat16 128). Cutting the depth makes more and shorter blocks, to be paid by writing partial products,
    /// reading them and a second launch.
    /// </summary>
    public (int Slices, double Clocks) Estimate(in MatrixProductGeometry g, GpuProperties device)
    {
        const double launch = 4000, bytesPerClock = 12, fillingThePipeline = 64;
        var arrival = Precision == Precision.Float32 ? 700.0 / 16 : Precision == Precision.TensorFloat32 ? 700.0 / 64 : 700.0 / 128;
        var best = (Slices: 1, Clocks: double.PositiveInfinity);
        for (var slices = 1; slices <= (Slices ? MostSlices : 1); slices *= 2)
        {
            var depth = SliceDepth(g, slices);
            if (slices > 1 && depth < 4 * SliceUnit)
                break;
            var rounds = Math.Ceiling(Blocks(g, slices) / (double)device.Multiprocessors);
            var clocks = Math.Max(rounds * Rows * Columns * (depth + fillingThePipeline) / Rate, depth * arrival);
            if (slices > 1)
                clocks += launch + (2.0 * slices + 1) * g.Batch * g.M * g.N * sizeof(float) / (bytesPerClock * device.Multiprocessors);
            if (clocks < best.Clocks)
                best = (slices, clocks);
        }

        return best;
    }

    private static MatrixProductVersion Tensor(Precision precision, int rows, int columns, int threads, int stages, double rate)
    {
        var rounding = precision == Precision.BFloat16 ? "bf16" : "tf32";
        const int bytesOfStep = 128; // 32 floats, or 64 numbers of bfloat16.
        var (family, name) = ($"matrix_product_{rounding}", $"matrix_product_{rounding}_{rows}x{columns}");
        return new(name, family, [$"{name}_nn", $"{name}_nt", $"{name}_tn", $"{name}_tt"], precision, rows, columns, threads,
            stages * (rows + columns) * bytesOfStep, rate, Slices: true);
    }
}
