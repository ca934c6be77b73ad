using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace CrossModal.Kernels.Cpu;

/// <summary>How the numbers of an operand lie in memory and come into a panel, which is float32 always.</summary>
internal enum OperandKind : byte
{
    /// <summary>float32, as they are.</summary>
    Float32,

    /// <summary>float32, rounded to bfloat16 on their way.</summary>
    Rounded,

    /// <summary>bfloat16.</summary>
    BFloat16,
}

/// <summary>The numbers of an operand, or of a result: an address that counts in elements.</summary>
internal readonly unsafe struct Operand(void* address, OperandKind kind)
{
    public void* Address => address;

    public OperandKind Kind => kind;

    /// <summary>Bytes of an element.</summary>
    public int Size => kind == OperandKind.BFloat16 ? sizeof(ushort) : sizeof(float);

    public static implicit operator Operand(float* address) => new(address, OperandKind.Float32);

    public static Operand operator +(Operand operand, long elements) =>
        new((byte*)operand.Address + elements * operand.Size, operand.Kind);
}

/// <summary>
/// How elements become float32 in a panel. A packer over <typeparamref name="TSelf"/>* is compiled for each, so one source serves all.
/// </summary>
internal unsafe interface IOperandElement<TSelf> where TSelf : unmanaged, IOperandElement<TSelf>
{
    static abstract float Load(TSelf* p);

    static abstract Vector128<float> Load4(TSelf* p);

    static abstract Vector256<float> Load8(TSelf* p);

    static abstract Vector512<float> Load16(TSelf* p);

    /// <summary>Sixteen where <paramref name="mask"/> is set, zero elsewhere, where nothing is read. Only where there is AVX-512.</summary>
    static abstract Vector512<float> Load16(TSelf* p, Vector512<float> mask);
}

internal readonly unsafe struct PlainElement(float value) : IOperandElement<PlainElement>
{
    private readonly float _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(PlainElement* p) => p->_value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load4(PlainElement* p) => Vector128.Load((float*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(PlainElement* p) => Vector256.Load((float*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(PlainElement* p) => Vector512.Load((float*)p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(PlainElement* p, Vector512<float> mask) =>
        Avx512F.MaskLoad((float*)p, mask, Vector512<float>.Zero);
}

internal readonly unsafe struct RoundedElement(float value) : IOperandElement<RoundedElement>
{
    private readonly float _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(RoundedElement* p) => BFloat16.Round(p->_value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load4(RoundedElement* p)
    {
        var (numbers, bits) = (Vector128.Load((float*)p), Vector128.Load((uint*)p));
        var rounded = bits + Vector128.Create(0x7FFFu) + (bits >> 16 & Vector128<uint>.One);
        var kept = Vector128.ConditionalSelect(Vector128.Equals(numbers, numbers).AsUInt32(), rounded, bits | Vector128.Create(0x40_0000u));
        return (kept & Vector128.Create(0xFFFF_0000)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(RoundedElement* p)
    {
        var (numbers, bits) = (Vector256.Load((float*)p), Vector256.Load((uint*)p));
        var rounded = bits + Vector256.Create(0x7FFFu) + (bits >> 16 & Vector256<uint>.One);
        var kept = Vector256.ConditionalSelect(Vector256.Equals(numbers, numbers).AsUInt32(), rounded, bits | Vector256.Create(0x40_0000u));
        return (kept & Vector256.Create(0xFFFF_0000)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(RoundedElement* p) => BFloat16Element.Round(Vector512.Load((float*)p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(RoundedElement* p, Vector512<float> mask) =>
        BFloat16Element.Round(Avx512F.MaskLoad((float*)p, mask, Vector512<float>.Zero));
}

internal readonly unsafe struct NarrowElement(BFloat16 value) : IOperandElement<NarrowElement>
{
    private readonly BFloat16 _value = value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Load(NarrowElement* p) => p->_value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load4(NarrowElement* p) =>
        (Vector128.WidenLower(Vector128.CreateScalarUnsafe(*(ulong*)p).AsUInt16()) << 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load8(NarrowElement* p)
    {
        var numbers = Vector128.Load((ushort*)p);
        return (Vector256.Create(Vector128.WidenLower(numbers), Vector128.WidenUpper(numbers)) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(NarrowElement* p) => BFloat16Element.Widen(Vector256.Load((ushort*)p));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load16(NarrowElement* p, Vector512<float> mask)
    {
        var narrow = Avx512F.ConvertToVector256Int16(mask.AsInt32());
        return BFloat16Element.Widen(Avx512BW.VL.MaskLoad((short*)p, narrow, Vector256<short>.Zero).AsUInt16());
    }
}
