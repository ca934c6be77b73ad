using System.Runtime.CompilerServices;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// One operand of a product, as the packer sees it: lanes (rows of A or columns of B) by depth. A packer copies a panel of some lanes out
/// of it; nobody ever holds the operand itself, so a convolution's matrix of image patches exists only panel by panel. Implementations are
/// structs, and the loops are compiled for each.
/// </summary>
internal unsafe interface IPanelSource
{
    /// <summary>
    /// How deep to pack one panel before going on to its neighbor: all of it where depth is contiguous in memory; little where lanes are,
    /// so that neighboring panels share the cache lines that they split.
    /// </summary>
    static abstract int PackDepth { get; }

    /// <summary>
    /// panel[i, j] = element (lane + j, k + i) for i &lt; <paramref name="depth"/> (<see cref="MatrixProductBlocking.Depth"/> at most) and
    /// j &lt; <paramref name="lanes"/>; zero for the lanes up to <paramref name="width"/>.
    /// </summary>
    void Pack<TKernel>(int lane, int lanes, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel;
}

/// <summary>A matrix whose lanes are rows: element (lane, k) at data[lane · stride + k].</summary>
internal readonly unsafe struct PanelRows(Operand data, long stride) : IPanelSource
{
    public static int PackDepth => MatrixProductBlocking.Depth;

    [SkipLocalsInit]
    public void Pack<TKernel>(int lane, int lanes, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel
    {
        var rows = stackalloc void*[width];
        for (var i = 0; i < width; i++)
            rows[i] = i < lanes ? (data + ((lane + i) * stride + k)).Address : PanelMemory.Zeros;
        PanelTranspose.Rows<TKernel>(rows, data.Kind, width, depth, width * stride, panel);
    }
}

/// <summary>A matrix whose lanes are columns: element (lane, k) at data[k · stride + lane].</summary>
internal readonly unsafe struct PanelColumns(Operand data, long stride) : IPanelSource
{
    public static int PackDepth => MatrixProductBlocking.ShallowDepth;

    public void Pack<TKernel>(int lane, int lanes, int k, int depth, int width, float* panel) where TKernel : struct, IMicroKernel =>
        PanelCopy.Columns<TKernel>(data + (k * stride + lane), stride, lanes, width, depth, panel);
}

/// <summary>Where the rows of C begin, in elements from its start.</summary>
internal unsafe interface IProductRows
{
    void Fill(int first, int count, long* offsets);
}

/// <summary>An ordinary matrix: row i at i · stride.</summary>
internal readonly unsafe struct MatrixRows(long stride) : IProductRows
{
    public void Fill(int first, int count, long* offsets)
    {
        for (var i = 0; i < count; i++)
            offsets[i] = (first + i) * stride;
    }
}
