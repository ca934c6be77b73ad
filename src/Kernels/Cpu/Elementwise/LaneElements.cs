using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>
/// How floats of an array become sixteen float32 and back. A loop over <typeparamref name="TSelf"/>* is compiled for each of them, so one
/// source serves float32 and bfloat16; it computes in float32 always.
/// </summary>
internal unsafe interface ILaneElement<TSelf> where TSelf : unmanaged, ILaneElement<TSelf>
{
    static abstract Vector512<float> Load(TSelf* p);

    /// <summary>Rounded to the nearest, of two equally near to the even one.</summary>
    static abstract void Store(Vector512<float> lanes, TSelf* p);

    /// <summary>The first <paramref name="count"/> of sixteen from memory, <paramref name="padding"/> in the rest.</summary>
    static abstract Vector512<float> LoadPart(TSelf* p, int count, float padding = 0);

    /// <summary>Stores the first <paramref name="count"/> of sixteen.</summary>
    static abstract void StorePart(Vector512<float> lanes, TSelf* p, int count);

    /// <summary>Up to sixteen elements that lie <paramref name="stride"/> apart.</summary>
    static abstract Vector512<float> LoadStrided(TSelf* p, long stride, int count);

    static abstract void StoreStrided(Vector512<float> lanes, TSelf* p, long stride, int count);

    /// <summary>One element.</summary>
    static abstract float Load(TSelf element);
}

/// <summary>An element that is a float32 already.</summary>
internal readonly unsafe struct Float32Element(float value) : ILaneElement<Float32Element>
{
    private readonly float _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(Float32Element* p) => Vector512.Load((float*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> lanes, Float32Element* p) => lanes.Store((float*)p);

    public static Vector512<float> LoadPart(Float32Element* p, int count, float padding = 0) =>
        Lanes.LoadPart((float*)p, count, padding);

    public static void StorePart(Vector512<float> lanes, Float32Element* p, int count) => Lanes.StorePart(lanes, (float*)p, count);

    public static Vector512<float> LoadStrided(Float32Element* p, long stride, int count) => Lanes.LoadStrided((float*)p, stride, count);

    public static void StoreStrided(Vector512<float> lanes, Float32Element* p, long stride, int count) =>
        Lanes.StoreStrided(lanes, (float*)p, stride, count);

    public static float Load(Float32Element element) => element._value;
}

/// <summary>An element of two bytes, the upper half of a float32.</summary>
internal readonly unsafe struct BFloat16Element(BFloat16 value) : ILaneElement<BFloat16Element>
{
    private readonly BFloat16 _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(BFloat16Element* p) => Widen(Vector256.Load((ushort*)p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> lanes, BFloat16Element* p) => Narrow(lanes).Store((ushort*)p);

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> LoadPart(BFloat16Element* p, int count, float padding = 0)
    {
        var lanes = Vector256.Create(BFloat16.Round(padding).Bits);
        Unsafe.CopyBlockUnaligned(&lanes, p, (uint)count * sizeof(ushort));
        return Widen(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void StorePart(Vector512<float> lanes, BFloat16Element* p, int count)
    {
        var narrow = Narrow(lanes);
        Unsafe.CopyBlockUnaligned(p, &narrow, (uint)count * sizeof(ushort));
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static Vector512<float> LoadStrided(BFloat16Element* p, long stride, int count)
    {
        Vector256<ushort> lanes = default;
        for (var i = 0; i < count; i++)
            ((BFloat16Element*)&lanes)[i] = p[i * stride];
        return Widen(lanes);
    }

    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void StoreStrided(Vector512<float> lanes, BFloat16Element* p, long stride, int count)
    {
        var narrow = Narrow(lanes);
        for (var i = 0; i < count; i++)
            p[i * stride] = ((BFloat16Element*)&narrow)[i];
    }

    public static float Load(BFloat16Element element) => element._value;

    /// <summary>The float32 numbers that are the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Widen(Vector256<ushort> lanes)
    {
        if (Avx512F.IsSupported)
            return (Avx512F.ConvertToVector512UInt32(lanes) << 16).AsSingle();
        var (lower, upper) = Vector256.Widen(lanes);
        return (Vector512.Create(lower, upper) << 16).AsSingle();
    }

    /// <summary>The nearest bfloat16 numbers, as <see cref="BFloat16.Round(float)"/> rounds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<ushort> Narrow(Vector512<float> lanes)
    {
        var upper = RoundedBits(lanes) >> 16;
        return Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(upper) : Vector256.Narrow(upper.GetLower(), upper.GetUpper());
    }

    /// <summary>The same for thirty-two, where there is AVX-512: the upper halves of all lanes in one step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<ushort> Narrow(Vector512<float> first, Vector512<float> second)
    {
        var odd = (Vector512<ushort>.Indices << 1) + Vector512<ushort>.One;
        return Avx512BW.PermuteVar32x16x2(RoundedBits(first).AsUInt16(), odd, RoundedBits(second).AsUInt16());
    }

    /// <summary>The same numbers as float32.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Round(Vector512<float> lanes) => (RoundedBits(lanes) & Vector512.Create(0xFFFF_0000)).AsSingle();

    /// <summary>Float32 bits whose upper halves are the rounded numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> RoundedBits(Vector512<float> lanes)
    {
        var bits = lanes.AsUInt32();
        var rounded = bits + Vector512.Create(0x7FFFu) + (bits >> 16 & Vector512<uint>.One);
        return Vector512.ConditionalSelect(Vector512.Equals(lanes, lanes).AsUInt32(), rounded, bits | Vector512.Create(0x0040_0000u));
    }
}
