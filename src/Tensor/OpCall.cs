using CrossModal.Kernels;

namespace CrossModal.Tensors;

/// <summary>
/// An op on its way to a device: what it is called and who computes it. It is the only way from a tensor to its memory, so no op can be
/// handed memory that was given back or that belongs to another device.
/// </summary>
internal readonly struct OpCall
{
    private readonly Device _device;
    private readonly string _op;

    /// <param name="op">What messages call it.</param>
    /// <exception cref="ObjectDisposedException">The device was disposed of.</exception>
    public OpCall(Device device, string op) => (_device, _op, Backend) = (device, op, device.Backend);

    public Backend Backend { get; }

    /// <summary>A tensor for the op's result, not yet written.</summary>
    public Tensor Result(Shape shape, ElementType type) => Tensor.Uninitialized(_device, shape, type, _op);

    /// <summary>Where a tensor's elements lie; a step that is being captured keeps them alive from here on.</summary>
    /// <exception cref="ShapeException">The tensor lies on another device.</exception>
    /// <exception cref="ObjectDisposedException">
    /// The tensor's scope was closed, the backward pass has released this activation, or its device was disposed of.
    /// </exception>
    public DeviceArray this[Tensor tensor] => ReferenceEquals(tensor.Device, _device)
        ? tensor.Elements()
        : throw new ShapeException($"{_op}: {tensor.Type} {tensor.Shape} lies on {(tensor.Device.Name == _device.Name ? "another " : "")}"
            + $"{tensor.Device.Name}, and the op is computed on {_device.Name}; all tensors of an op must be of one device");

    /// <summary>As above; no array where there is no tensor.</summary>
    public DeviceArray Optional(Tensor? tensor) => tensor is null ? DeviceArray.None : this[tensor];
}
