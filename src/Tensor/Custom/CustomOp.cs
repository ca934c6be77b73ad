using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>The derivative of an op by one of its arguments, written in tensor ops.</summary>
/// <param name="gradient">∂L/∂y: the gradient of some number L by the op's result.</param>
/// <param name="x">The op's arguments.</param>
/// <param name="y">The op's result.</param>
/// <returns>∂L/∂x for that argument, of its shape.</returns>
public delegate Tensor VectorJacobian(Tensor gradient, IReadOnlyList<Tensor> x, Tensor y);

/// <summary>
/// An op that the library does not have. It says how its result is computed, in tensor ops (<see cref="Forward"/>) or device by device
/// (<see cref="Cpu"/>, <see cref="Reference"/>, <see cref="Cuda"/>), and its derivative by each argument. On the tape, in a captured step
/// and in a gradient check it is an op like any other.
/// </summary>
/// <example><code>
/// static readonly CustomOp Swish = new("swish")
/// {
///     Forward = x => x[0] * x[0].Sigmoid(),
///     VectorJacobians = [(gradient, x, y) => gradient * (y + x[0].Sigmoid() * (1 - y))],
/// };
/// var y = Swish.Apply(x);
/// </code></example>
/// <param name="name">What messages call it.</param>
public sealed class CustomOp(string name)
{
    /// <summary>What messages call it.</summary>
    public string Name { get; } = name;

    /// <summary>The result in tensor ops, on every device that has no code of its own below.</summary>
    public Func<IReadOnlyList<Tensor>, Tensor>? Forward { get; init; }

    /// <summary>The result on <c>cpu</c>, over spans of float.</summary>
    public HostFunction<float>? Cpu { get; init; }

    /// <summary>The result on <c>reference</c>, over spans of double: what gradient checks and other devices are compared with.</summary>
    public HostFunction<double>? Reference { get; init; }

    /// <summary>
    /// The result on <c>cuda</c> and <c>cuda-sim</c>: given the arguments and a tensor for the result, launches what fills it
    /// (<see cref="CudaKernel.Launch"/>).
    /// </summary>
    public Action<IReadOnlyList<Tensor>, Tensor>? Cuda { get; init; }

    /// <summary>
    /// The shape of the result, from those of the arguments; that of the first argument by default. Not asked for <see cref="Forward"/>,
    /// whose result has its shape.
    /// </summary>
    public Func<IReadOnlyList<Shape>, Shape> ResultShape { get; init; } = shapes => shapes[0];

    /// <summary>
    /// The derivatives, one an argument; null for an argument without one, as labels are. An op made of differentiable ops can be
    /// differentiated again. Without any, the tape remembers the ops of <see cref="Forward"/> instead, and code for a device has no
    /// derivative.
    /// </summary>
    public IReadOnlyList<VectorJacobian?> VectorJacobians { get; init; } = [];

    /// <summary>The op's result.</summary>
    /// <exception cref="ArgumentException">There are more or fewer arguments than derivatives.</exception>
    /// <exception cref="ShapeException">The arguments lie on different devices.</exception>
    /// <exception cref="NotSupportedException">The op has no code for this device.</exception>
    /// <exception cref="InvalidOperationException">An argument asks for a gradient and the op has no derivative by it.</exception>
    public Tensor Apply(params ReadOnlySpan<Tensor> arguments)
    {
        var x = arguments.ToArray();
        var device = DeviceOf(x);
        var (code, codeName) = CodeFor(device);
        if (code is null && Forward is null)
            throw new NotSupportedException($"{Name} cannot be computed on {device.Name}: give it {codeName}, or {nameof(Forward)}");
        if (code is null && VectorJacobians.Count == 0)
            return Forward!(x);
        RequireDerivatives(x);
        var y = code is null ? Unrecorded(x) : Tensor.Uninitialized(device, ResultShape([.. x.Select(tensor => tensor.Shape)]), null, Name);
        code?.Invoke(x, y);
        return y.Derive(Name, [.. x.Zip(VectorJacobians).Where(pair => pair.Second is not null).Select(pair =>
            new Edge(pair.First, gradient => pair.Second!(gradient, x, y), "the derivative that the custom op was given"))]);
    }

    private Device DeviceOf(Tensor[] x)
    {
        if (x.Length == 0 || (VectorJacobians.Count > 0 && x.Length != VectorJacobians.Count))
        {
            throw new ArgumentException($"{Name} was given {x.Length} arguments and "
                + (VectorJacobians.Count > 0 ? $"has derivatives by {VectorJacobians.Count}" : "needs one at least"));
        }

        return x[0].Device;
    }

    /// <summary>The property that says how the result is computed on a device, and its name.</summary>
    private (Action<IReadOnlyList<Tensor>, Tensor>? Code, string Name) CodeFor(Device device) =>
        !device.Backend.HasHostMemory ? (Cuda, nameof(Cuda))
        : device.FloatType == ElementType.Float64 ? (OnHost(Reference), nameof(Reference))
        : (OnHost(Cpu), nameof(Cpu));

    private Action<IReadOnlyList<Tensor>, Tensor>? OnHost<T>(HostFunction<T>? function) where T : unmanaged
    {
        return function is null ? null : Run;

        void Run(IReadOnlyList<Tensor> x, Tensor y)
        {
            // A captured step does this again, when the tensors are gone and their memory is not.
            var call = y.Device.Call(Name);
            var result = call[y];
            DeviceArray[] arrays = [.. x.Select(tensor => call[tensor])];
            Shape[] shapes = [.. x.Select(tensor => tensor.Shape)];
            call.Backend.RunOnHost(() => function(new HostArguments<T>(Name, arrays, shapes), result.Span<T>()));
        }
    }

    /// <summary>The result of <see cref="Forward"/> as a tensor of its own, without the ops that it is made of.</summary>
    private Tensor Unrecorded(Tensor[] x)
    {
        using var scope = new Scope();
        using var pause = Tape.Paused();
        return scope.Keep(Forward!(x).Detach());
    }

    private void RequireDerivatives(Tensor[] x)
    {
        for (var i = 0; i < x.Length && !Tape.IsPaused; i++)
        {
            if (x[i].IsTracked && VectorJacobians.ElementAtOrDefault(i) is null)
            {
                throw new InvalidOperationException($"{Name}: argument {i} asks for a gradient and there is no derivative by it; give "
                    + $"one in {nameof(VectorJacobians)}, detach the argument, or pause the tape");
            }
        }
    }
}
