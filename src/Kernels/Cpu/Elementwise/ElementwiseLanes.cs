using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The one vector width of this backend: sixteen float32. Where the machine has narrower registers the runtime splits each operation into
/// two or four, so the code and, what matters more, the order of every sum are the same everywhere. The last elements of a row go through
/// the same operations, padded to a whole vector: a number does not depend on where in the array it lies.
/// </summary>
internal static unsafe class Lanes
{
    public const int Width = 16;

    /// <summary>
    /// Elements that one thread works on at a time where a loop is bound by memory: 128 KiB. Smaller arrays stay on the caller's thread.
    /// </summary>
    public const int Grain = 32 * 1024;

    /// <summary>The same where each element costs some ten operations.</summary>
    public const int HeavyGrain = 8 * 1024;

    /// <summary>The first <paramref name="count"/> of sixteen from memory, <paramref name="padding"/> in the rest.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> LoadPart(float* p, int count, float padding = 0)
    {
        var lanes = Vector512.Create(padding);
        Unsafe.CopyBlockUnaligned(&lanes, p, (uint)count * sizeof(float));
        return lanes;
    }

    /// <summary>Stores the first <paramref name="count"/> of sixteen.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void StorePart(Vector512<float> lanes, float* p, int count) =>
        Unsafe.CopyBlockUnaligned(p, &lanes, (uint)count * sizeof(float));

    /// <summary>Stores the first <paramref name="count"/> of sixteen.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void StorePart(Vector512<int> lanes, int* p, int count) =>
        Unsafe.CopyBlockUnaligned(p, &lanes, (uint)count * sizeof(int));

    /// <summary>Up to sixteen elements that lie <paramref name="stride"/> apart.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> LoadStrided(float* p, long stride, int count)
    {
        Vector512<float> lanes = default;
        for (var i = 0; i < count; i++)
            ((float*)&lanes)[i] = p[i * stride];
        return lanes;
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void StoreStrided(Vector512<float> lanes, float* p, long stride, int count)
    {
        for (var i = 0; i < count; i++)
            p[i * stride] = ((float*)&lanes)[i];
    }

    /// <summary>a · b + c, rounded once where the machine can.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.MultiplyAddEstimate(a, b, c);

    /// <summary>
    /// How many rows of <paramref name="columns"/> are handled as one line. A short row is repeated, a power of two times, until its length
    /// is a whole number of vectors (of fours of vectors where that is not far), so that three channels run as fast as sixty-four; a long
    /// row stands alone and may end in part of a vector.
    /// </summary>
    /// <param name="columns">Elements of a row.</param>
    /// <param name="shortest">Elements that a line should have at least: for sums, whose columns stay in registers while the lines go by,
    /// eight vectors; else sixteen.</param>
    public static int RowsAtOnce(int columns, int shortest)
    {
        const int Long = 256, Longest = 1024;
        if (columns >= Long)
            return 1;
        var rows = Width / Math.Min(Width, columns & -columns);
        while (rows * columns < shortest || (rows * columns % (4 * Width) != 0 && 2 * rows * columns <= Longest))
            rows *= 2;
        return rows;
    }

    /// <summary>The shortest line of a sum.</summary>
    public const int SumLine = 8 * Width;

    /// <summary>The shortest line of what is computed element by element.</summary>
    public const int MapLine = 16 * Width;

    /// <summary>The longest line that <see cref="RowsAtOnce"/> makes of several rows: 255 columns, sixteen times.</summary>
    public const int LongestLine = 4096;

    /// <summary>
    /// The first place of at least <paramref name="address"/> where a vector is aligned; its room must be one vector longer.
    /// </summary>
    public static float* Align(float* address) => (float*)(((nint)address + 63) & ~(nint)63);

    /// <summary>Elements as float32, from one place to another.</summary>
    public static void Widen<T>(T* source, float* output, int count) where T : unmanaged, ILaneElement<T>
    {
        var i = 0;
        for (; i + Width <= count; i += Width)
            T.Load(source + i).Store(output + i);
        if (i < count)
            StorePart(T.LoadPart(source + i, count - i), output + i, count - i);
    }

    /// <summary>Writes <paramref name="row"/> behind itself, <paramref name="copies"/> times in all.</summary>
    public static void Repeat(float* row, int columns, int copies, float* output)
    {
        for (var copy = 0; copy < copies; copy++)
            Unsafe.CopyBlockUnaligned(output + (long)copy * columns, row, (uint)columns * sizeof(float));
    }
}

/// <summary>The two slopes of a LeakyReLU: 1, and this one.</summary>
internal readonly struct LeakySlope(float slope)
{
    /// <summary>What is larger counts for 0: an infinity where the slope is 0, where the product would be NaN; elsewhere nothing.</summary>
    private readonly float _bound = slope == 0 ? float.MaxValue : float.PositiveInfinity;

    /// <summary>x where it is wanted as it is, else slope · x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<float> Apply(Vector512<float> asItIs, Vector512<float> x) => Vector512.ConditionalSelect(asItIs, x,
        Vector512.AndNot(x * slope, Vector512.GreaterThan(Vector512.Abs(x), Vector512.Create(_bound))));
}
