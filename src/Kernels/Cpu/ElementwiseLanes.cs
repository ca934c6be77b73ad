using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// The one vector width of this backend: sixteen float32. Where the machine has narrower registers the runtime splits each operation into two or four, so the code and,
/// what matters more, the order of every sum are the same everywhere. The last elements of a row go through the same operations, padded to a whole vector:
/// a number does not depend on where in the array it lies.
/// </summary>
internal static unsafe class Lanes
{
    public const int Width = 16;

    /// <summary>Elements that one thread works on at a time where a loop is bound by memory: 128 KiB. Smaller arrays stay on the caller's thread.</summary>
    public const int Grain = 32 * 1024;

    /// <summary>The same where each element costs some ten operations.</summary>
    public const int HeavyGrain = 8 * 1024;

    /// <summary>The first <paramref name="count"/> of sixteen from memory, <paramref name="padding"/> in the rest.</summary>
    public static Vector512<float> LoadPart(float* p, int count, float padding = 0)
    {
        var lanes = Vector512.Create(padding);
        Unsafe.CopyBlockUnaligned(&lanes, p, (uint)count * sizeof(float));
        return lanes;
    }

    /// <summary>Stores the first <paramref name="count"/> of sixteen.</summary>
    public static void StorePart(Vector512<float> lanes, float* p, int count) => Unsafe.CopyBlockUnaligned(p, &lanes, (uint)count * sizeof(float));

    /// <summary>Stores the first <paramref name="count"/> of sixteen.</summary>
    public static void StorePart(Vector512<int> lanes, int* p, int count) => Unsafe.CopyBlockUnaligned(p, &lanes, (uint)count * sizeof(int));

    /// <summary>Up to sixteen elements that lie <paramref name="stride"/> apart.</summary>
    public static Vector512<float> LoadStrided(float* p, long stride, int count)
    {
        Vector512<float> lanes = default;
        for (var i = 0; i < count; i++)
            ((float*)&lanes)[i] = p[i * stride];
        return lanes;
    }

    public static void StoreStrided(Vector512<float> lanes, float* p, long stride, int count)
    {
        for (var i = 0; i < count; i++)
            p[i * stride] = ((float*)&lanes)[i];
    }

    /// <summary>a · b + c, rounded once where the machine can.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);

    /// <summary>
    /// How many rows of <paramref name="columns"/> are handled as one long row. A short row is repeated until its length is a whole number of vectors and at least
    /// sixteen of them, so that three channels run as fast as sixty-four; a long row stands alone and ends in part of a vector.
    /// </summary>
    public static int RowsAtOnce(int columns)
    {
        const int Long = 256;
        if (columns >= Long)
            return 1;
        var rows = Width / GreatestPowerOfTwo(columns);
        return rows * ((Long + rows * columns - 1) / (rows * columns));
    }

    /// <summary>Writes <paramref name="row"/> behind itself, <paramref name="copies"/> times in all.</summary>
    public static void Repeat(float* row, int columns, int copies, float* output)
    {
        for (var copy = 0; copy < copies; copy++)
            Unsafe.CopyBlockUnaligned(output + (long)copy * columns, row, (uint)columns * sizeof(float));
    }

    /// <summary>The greatest common divisor of <paramref name="columns"/> and the vector width.</summary>
    private static int GreatestPowerOfTwo(int columns) => Math.Min(Width, columns & -columns);
}
