using System.Diagnostics;
using System.Runtime.CompilerServices;
using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// A contiguous array of numbers on a device, with the recipe of its gradient when it was computed from something that asks for one.
/// The ops are in <c>Ops/</c>, one file a family, each with its derivative.
/// </summary>
[DebuggerDisplay("{Description,nq}")]
public sealed partial class Tensor : IDisposable
{
    private readonly DeviceArray _array;
    private bool _disposed;

    private Tensor(Device device, Shape shape, TensorStorage storage, DeviceArray array)
    {
        (Device, Shape, Storage, _array) = (device, shape, storage, array);
        if (!Scope.Register(this))
            Watch();
    }

    /// <summary>Where the elements lie and ops on them are computed.</summary>
    public Device Device { get; }

    /// <summary>The extents of its axes.</summary>
    public Shape Shape { get; }

    /// <summary>What an element is.</summary>
    public ElementType Type => _array.Type;

    /// <summary>How many elements there are.</summary>
    public long Count => Shape.Count;

    /// <summary>The memory that the elements are in, which views share.</summary>
    internal TensorStorage Storage { get; }

    /// <summary>Bytes of all elements.</summary>
    internal long Bytes => _array.Bytes;

    /// <summary>Type, shape and device in one line, without a look at the numbers: for messages and debuggers.</summary>
    public string Description => $"{Type} {Shape} on {Device.Name}{(_disposed ? ", released" : "")}";

    /// <summary>A leaf that gradients are asked for; set it on parameters and on inputs to differentiate by.</summary>
    public bool RequiresGradient { get; set; }

    /// <summary>How this tensor was made, when something it was made from asks for a gradient.</summary>
    internal Node? Node { get; private set; }

    /// <summary>True when an op of this tensor must be remembered.</summary>
    internal bool IsTracked => RequiresGradient || Node is not null;

    /// <summary>The elements on the device; only for <see cref="OpCall"/>, which checks whose they are.</summary>
    /// <exception cref="ObjectDisposedException">The scope was closed, or the backward pass has released this activation.</exception>
    internal DeviceArray Elements()
    {
        if (_disposed || Storage.Pool.IsDisposed)
            throw Released();
        Device.Use(Storage);
        return _array;
    }

    // Creation.

    /// <summary>A tensor whose elements are whatever the memory held.</summary>
    public static Tensor Uninitialized(Device device, Shape shape, ElementType? type = null, string op = "a new tensor")
    {
        var element = type ?? device.FloatType;
        if (shape.Count > long.MaxValue / element.Size())
            throw new ShapeException($"{op}: {element} {shape} has more bytes than can be counted");
        var bytes = shape.Count * element.Size();
        var storage = new TensorStorage(device.Memory, device.Memory.Allocate(bytes, op));
        var array = new DeviceArray(storage.Buffer.Address, shape.Count, element);
        if (device.MarksNewTensors)
            device.Backend.Fill(array, element is ElementType.Int32 or ElementType.Int64 ? int.MinValue : double.NaN);
        return new Tensor(device, shape, storage, array);
    }

    /// <summary>A tensor with the same number everywhere.</summary>
    /// <param name="type">The device's float type when not given.</param>
    public static Tensor Full(Device device, Shape shape, double value, ElementType? type = null)
    {
        var tensor = Uninitialized(device, shape, type, "fill");
        var call = device.Call("fill");
        call.Backend.Fill(call[tensor], value);
        return tensor;
    }

    /// <summary>A tensor of zeros.</summary>
    /// <param name="type">The device's float type when not given.</param>
    public static Tensor Zeros(Device device, Shape shape, ElementType? type = null) => Full(device, shape, 0, type);

    /// <summary>Float values, row by row, converted to the device's float type.</summary>
    /// <exception cref="ShapeException">There are more or fewer values than elements.</exception>
    public static Tensor From(Device device, Shape shape, ReadOnlySpan<float> values)
    {
        var tensor = Uninitialized(device, shape, null, "upload");
        tensor.Write(values);
        return tensor;
    }

    /// <summary>Float values, row by row, converted to the device's float type.</summary>
    /// <exception cref="ShapeException">There are more or fewer values than elements.</exception>
    public static Tensor From(Device device, Shape shape, ReadOnlySpan<double> values)
    {
        var tensor = Uninitialized(device, shape, null, "upload");
        tensor.Write(values);
        return tensor;
    }

    /// <summary>Labels or indices: an int32 tensor.</summary>
    /// <exception cref="ShapeException">There are more or fewer values than elements.</exception>
    public static Tensor From(Device device, Shape shape, ReadOnlySpan<int> values)
    {
        var tensor = Uninitialized(device, shape, ElementType.Int32, "upload");
        tensor.Write(values);
        return tensor;
    }

    // Between host and device.

    /// <summary>Overwrites all elements, converted to the tensor's float type; row by row, outside any gradient.</summary>
    /// <exception cref="ShapeException">There are more or fewer values than elements, or the tensor holds integers.</exception>
    public void Write(ReadOnlySpan<float> values)
    {
        CheckFloat("write", values.Length);
        if (Type == ElementType.Float32)
        {
            Upload(values);
            return;
        }

        if (Type == ElementType.BFloat16)
        {
            Upload<BFloat16>(BFloat16.Round(values));
            return;
        }

        var wide = new double[values.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        Upload<double>(wide);
    }

    /// <summary>Overwrites all elements, converted to the tensor's float type; row by row, outside any gradient.</summary>
    /// <exception cref="ShapeException">There are more or fewer values than elements, or the tensor holds integers.</exception>
    public void Write(ReadOnlySpan<double> values)
    {
        CheckFloat("write", values.Length);
        if (Type == ElementType.Float64)
        {
            Upload(values);
            return;
        }

        var narrow = new float[values.Length];
        for (var i = 0; i < narrow.Length; i++)
            narrow[i] = (float)values[i];
        Write(narrow);
    }

    /// <summary>Overwrites all elements of an int32 tensor.</summary>
    /// <exception cref="ShapeException">There are more or fewer values than elements, or the tensor is of another type.</exception>
    public void Write(ReadOnlySpan<int> values)
    {
        Check("write", ElementType.Int32, values.Length);
        Upload(values);
    }

    /// <summary>Overwrites all elements of an int64 tensor.</summary>
    /// <exception cref="ShapeException">There are more or fewer values than elements, or the tensor is of another type.</exception>
    public void Write(ReadOnlySpan<long> values)
    {
        Check("write", ElementType.Int64, values.Length);
        Upload(values);
    }

    /// <summary>Reads the elements back as float32, row by row; waits for the device.</summary>
    /// <exception cref="ShapeException">There is room for more or fewer elements, or the tensor holds integers.</exception>
    public void Read(Span<float> destination)
    {
        CheckFloat("read", destination.Length);
        if (Type == ElementType.Float32)
        {
            Download(destination);
            return;
        }

        var wide = ToDoubles();
        for (var i = 0; i < wide.Length; i++)
            destination[i] = (float)wide[i];
    }

    /// <summary>Reads the elements of an int64 tensor back; waits for the device.</summary>
    /// <exception cref="ShapeException">There is room for more or fewer elements, or the tensor is of another type.</exception>
    public void Read(Span<long> destination)
    {
        Check("read", ElementType.Int64, destination.Length);
        Download(destination);
    }

    /// <summary>Room on the host for the elements of tensors like this one.</summary>
    internal Readback CreateReadback() => Device.Backend.CreateReadback(checked((int)Bytes));

    /// <summary>Begins to copy the elements to such room.</summary>
    internal void BeginReadback(Readback readback) => readback.Begin(Device.Call("read")[this]);

    /// <summary>Reads all elements back as float32, row by row; waits for the device.</summary>
    /// <exception cref="ShapeException">The tensor holds integers.</exception>
    public float[] ToArray()
    {
        var values = new float[Count];
        Read(values);
        return values;
    }

    /// <summary>Reads the elements of an int32 tensor back, row by row; waits for the device.</summary>
    /// <exception cref="ShapeException">The tensor is of another type.</exception>
    public int[] ToInts()
    {
        Check("read", ElementType.Int32, (int)Count);
        var values = new int[Count];
        Download<int>(values);
        return values;
    }

    /// <summary>Reads all elements back as float64, row by row; waits for the device.</summary>
    /// <exception cref="ShapeException">The tensor holds integers.</exception>
    public double[] ToDoubles()
    {
        CheckFloat("read", (int)Count);
        var values = new double[Count];
        if (Type == ElementType.Float64)
        {
            Download<double>(values);
            return values;
        }

        if (Type == ElementType.BFloat16)
        {
            var rounded = new BFloat16[Count];
            Download<BFloat16>(rounded);
            for (var i = 0; i < values.Length; i++)
                values[i] = rounded[i];
            return values;
        }

        var narrow = new float[Count];
        Download<float>(narrow);
        for (var i = 0; i < values.Length; i++)
            values[i] = narrow[i];
        return values;
    }

    /// <summary>The only element of a tensor of one; waits for the device.</summary>
    /// <exception cref="ShapeException">There is not exactly one element, or it is an integer.</exception>
    public double Item() => Count == 1 ? ToDoubles()[0] : throw new ShapeException($"a tensor of shape {Shape} is not a single number");

    /// <summary>Overwrites the elements with those of <paramref name="source"/>, outside any gradient.</summary>
    /// <exception cref="ShapeException">The counts or the types differ.</exception>
    public void CopyFrom(Tensor source)
    {
        if (source.Count != Count || source.Type != Type)
            throw new ShapeException($"copy: {source.Type} {source.Shape} into {Type} {Shape}");
        var call = Device.Call("copy");
        call.Backend.StridedCopy(Flat("copy"), call[source], call[this]);
    }

    /// <summary>The same elements without the recipe: what is computed from it ends here.</summary>
    public Tensor Detach() => View(Shape, 0);

    // Lifetime.

    /// <summary>Gives up this handle; the memory goes back when the last handle to it is gone.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Storage.Release();
    }

    /// <summary>
    /// The numbers, as NumPy prints an array: of more than 1000 elements the first and last three along each axis, and below them what the
    /// tensor is. Waits for the device. For messages there is <see cref="Description"/>.
    /// </summary>
    public override string ToString() => _disposed || Device.IsDisposed || Device.IsCapturing ? Description
        : Count > 0 && !TensorText.Summarizes(this) ? TensorText.Of(this)
        : $"{TensorText.Of(this)}{(Count == 0 ? " " : "\n")}{Description}";

    /// <summary>No scope owns this tensor: its memory is given back when it is garbage collected, unless it is disposed before.</summary>
    internal void Watch() => Storage.Watch();

    private ObjectDisposedException Released() => new(nameof(Tensor),
        $"the tensor {Shape} was released: its scope is closed, a backward pass has used it up, or it was made in a step that could not be "
            + "captured; Detach() it before, or Keep it in the scope");

    /// <summary>Another handle on a part of the same elements.</summary>
    internal Tensor View(Shape shape, long offset)
    {
        var array = Device.Call("view")[this].Slice(offset, shape.Count);
        Storage.Retain();
        return new Tensor(Device, shape, Storage, array);
    }

    /// <summary>
    /// Remembers how this tensor was made: for each argument that is tracked, the vector-Jacobian product as a function of this tensor's
    /// gradient.
    /// </summary>
    internal Tensor Derive(string op, params ReadOnlySpan<Edge> arguments) => Derive(op, default(OpAttributes), arguments);

    /// <param name="attributes">What the op was told beside its arguments, for whoever watches the tape.</param>
    internal Tensor Derive(string op, OpAttributes attributes, params ReadOnlySpan<Edge> arguments)
    {
        if (Device.CheckFinite)
            CheckFinite(op);
        if (Tape.IsPaused)
            return this;
        var tracked = 0;
        foreach (var argument in arguments)
            tracked += argument.Argument.IsTracked ? 1 : 0;
        if (tracked == 0)
            return this;
        var edges = new Edge[tracked];
        foreach (var argument in arguments)
        {
            if (argument.Argument.IsTracked)
                edges[^tracked--] = argument;
        }

        Node = new EdgeNode(op, edges);
        Tape.Watching?.Made(this, op, attributes.Take(), arguments);
        return this;
    }

    /// <summary>
    /// Like <see cref="Derive(string, ReadOnlySpan{Edge})"/>, for an op whose gradients come out of one computation: it is given the
    /// result's gradient and which arguments want theirs.
    /// </summary>
    /// <param name="slope">The gradient of the only argument where that of the result is 1, if it is known already.</param>
    internal Tensor DeriveJointly(string op, OpAttributes attributes, Tensor[] arguments, Func<Tensor, bool[], Tensor?[]> backward,
        Tensor? slope = null, [CallerArgumentExpression(nameof(backward))] string derivative = "")
    {
        if (Device.CheckFinite)
            CheckFinite(op);
        if (Tape.IsPaused || !arguments.Any(argument => argument.IsTracked))
            return this;
        Node = new JointNode(op, arguments, backward) { Slope = slope };
        Tape.Watching?.Made(this, op, attributes.Take(), System.Array.ConvertAll(arguments, one => new Edge(one, null!, derivative)));
        return this;
    }

    private void Upload<T>(ReadOnlySpan<T> values) where T : unmanaged
    {
        var call = Device.Call("write");
        call.Backend.Upload(values, call[this]);
    }

    private void Download<T>(Span<T> values) where T : unmanaged => Download(0, values);

    /// <summary>The elements from <paramref name="offset"/> on.</summary>
    internal void Download<T>(long offset, Span<T> values) where T : unmanaged
    {
        var call = Device.Call("read");
        call.Backend.Download(call[this].Slice(offset, values.Length), values);
    }

    /// <summary>All elements in a row, for what does not care about axes.</summary>
    private StridedGeometry Flat(string op) => StridedGeometry.Merge([Extent.Of(op, "the elements in one row", Count)], [1], [1], [1]);

    /// <summary>Types of one size would pass for each other below this floor.</summary>
    private void Check(string op, ElementType type, int length)
    {
        if (type != Type || length != Count)
            throw new ShapeException($"{op}: {length} values of {type} and a tensor {Type} {Shape}, which has {Count}");
    }

    private void CheckFloat(string op, int length) =>
        Check(op, Type.IsFloat() ? Type : ElementType.Float32, length);

    private void CheckFinite(string op)
    {
        if (!Type.IsFloat())
            return;
        var values = ToDoubles();
        var index = System.Array.FindIndex(values, value => !double.IsFinite(value));
        if (index >= 0)
            throw new NonFiniteException($"{op} made {values[index]} at element {index} of {Shape}");
    }
}
