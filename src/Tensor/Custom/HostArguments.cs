using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>What a custom op does on a device whose memory is the host's.</summary>
/// <param name="x">The arguments.</param>
/// <param name="y">The result, to be written in full; it holds whatever the memory held.</param>
/// <typeparam name="T"><see cref="float"/> on <c>cpu</c>, <see cref="double"/> on <c>reference</c>.</typeparam>
public delegate void HostFunction<T>(HostArguments<T> x, Span<T> y) where T : unmanaged;

/// <summary>The arguments of a custom op on the host, in the order that <see cref="CustomOp.Apply"/> was given them.</summary>
public readonly ref struct HostArguments<T> where T : unmanaged
{
    private readonly string _op;
    private readonly DeviceArray[] _arrays;
    private readonly Shape[] _shapes;

    internal HostArguments(string op, DeviceArray[] arrays, Shape[] shapes) => (_op, _arrays, _shapes) = (op, arrays, shapes);

    /// <summary>How many there are.</summary>
    public int Count => _arrays.Length;

    /// <summary>The elements of an argument, row after row.</summary>
    /// <exception cref="ArgumentException">It holds labels: see <see cref="Labels"/>.</exception>
    public ReadOnlySpan<T> this[int argument] =>
        Elements<T>(argument, typeof(T) == typeof(float) ? ElementType.Float32 : ElementType.Float64);

    /// <summary>The elements of an argument that holds labels or indices (int32).</summary>
    /// <exception cref="ArgumentException">It holds something else.</exception>
    public ReadOnlySpan<int> Labels(int argument) => Elements<int>(argument, ElementType.Int32);

    /// <summary>The shape of an argument.</summary>
    public Shape Shape(int argument) => _shapes[argument];

    private Span<TElement> Elements<TElement>(int argument, ElementType type) where TElement : unmanaged =>
        _arrays[argument].Type == type
            ? _arrays[argument].Span<TElement>()
            : throw new ArgumentException($"{_op}: argument {argument} holds {_arrays[argument].Type} and was read as {type}");
}
