using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Lane = System.Runtime.Intrinsics.Vector512<float>;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// How the transforms read and write: columns of up to six vectors of sixteen channels, one place for each kind of array that they lie in.
/// </summary>
internal static unsafe class WinogradColumns
{
    /// <summary>Sixteen channels of a tap of the kernel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane LoadTap(float* tap) => Vector512.Load(tap);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreTap(float* tap, Lane value) => value.Store(tap);

    /// <summary>
    /// Sixteen channels of a pixel's or a tap's point, as the products read it: rounded where the pixels are bfloat16.
    /// </summary>
    /// <typeparam name="T">What the pixels are made of.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOperand<T>(float* point, Lane value) =>
        (typeof(T) == typeof(BFloat16Element) ? BFloat16Element.Round(value) : value).Store(point);

    /// <summary>
    /// The first <paramref name="count"/> pixels of a column, <paramref name="stride"/> apart; zero in the rest.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadPixels<T>(T* from, long stride, int count, out Lane v0, out Lane v1, out Lane v2, out Lane v3)
        where T : unmanaged, ILaneElement<T>
    {
        v0 = count > 0 ? T.Load(from) : default;
        v1 = count > 1 ? T.Load(from + stride) : default;
        v2 = count > 2 ? T.Load(from + 2 * stride) : default;
        v3 = count > 3 ? T.Load(from + 3 * stride) : default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StorePixels<T>(T* to, long stride, int count, Lane v0, Lane v1, Lane v2, Lane v3)
        where T : unmanaged, ILaneElement<T>
    {
        T.Store(v0, to);
        if (count > 1)
            T.Store(v1, to + stride);
        if (count > 2)
            T.Store(v2, to + 2 * stride);
        if (count > 3)
            T.Store(v3, to + 3 * stride);
    }

    /// <summary>A column of points into the operands' matrices.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreOperands<T>(float* to, long stride, int count, Lane v0, Lane v1, Lane v2, Lane v3, Lane v4, Lane v5)
    {
        StoreOperand<T>(to, v0);
        StoreOperand<T>(to + stride, v1);
        StoreOperand<T>(to + 2 * stride, v2);
        if (count > 3)
            StoreOperand<T>(to + 3 * stride, v3);
        if (count > 4)
            StoreOperand<T>(to + 4 * stride, v4);
        if (count > 5)
            StoreOperand<T>(to + 5 * stride, v5);
    }

    /// <summary>A column of sums, or of what lies between the transforms of the two axes; zero behind its end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load(float* from, long stride, int count, out Lane v0, out Lane v1, out Lane v2, out Lane v3, out Lane v4,
        out Lane v5)
    {
        v0 = Vector512.Load(from);
        v1 = Vector512.Load(from + stride);
        v2 = count > 2 ? Vector512.Load(from + 2 * stride) : default;
        v3 = count > 3 ? Vector512.Load(from + 3 * stride) : default;
        v4 = count > 4 ? Vector512.Load(from + 4 * stride) : default;
        v5 = count > 5 ? Vector512.Load(from + 5 * stride) : default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(float* to, long stride, int count, Lane v0, Lane v1, Lane v2, Lane v3, Lane v4, Lane v5)
    {
        v0.Store(to);
        v1.Store(to + stride);
        if (count > 2)
            v2.Store(to + 2 * stride);
        if (count > 3)
            v3.Store(to + 3 * stride);
        if (count > 4)
            v4.Store(to + 4 * stride);
        if (count > 5)
            v5.Store(to + 5 * stride);
    }

    /// <summary>sum + factor · x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lane Add(Lane sum, float factor, Lane x) => Lanes.MultiplyAdd(Vector512.Create(factor), x, sum);
}
