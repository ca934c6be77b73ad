using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>A module that turns one tensor into one other: what a <see cref="Sequential"/> is made of.</summary>
/// <param name="device">Where its parameters lie; null for a layer that has none.</param>
public abstract class Layer(Device? device = null) : Module(device)
{
    /// <summary>The layer's output for <paramref name="x"/>, differentiable by it and by the layer's parameters.</summary>
    /// <param name="x">[batch, …]; each layer says which shapes it takes.</param>
    /// <exception cref="Kernels.ShapeException">The input has a shape that this layer does not take.</exception>
    public abstract Tensor Forward(Tensor x);
}

/// <summary>[batch, …] to [batch, elements]. <see cref="Linear"/> takes images as they are and needs none before it.</summary>
public sealed class Flatten : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => x.Reshape([x.Shape[0], -1]);
}

/// <summary>[batch, elements] to [batch, …]: rows to images [height, width, channels], for instance.</summary>
/// <param name="row">The shape that each row gets.</param>
public sealed class Unflatten(Shape row) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => x.Reshape([x.Shape[0], .. row]);
}

/// <summary>Any function without parameters as a layer: <c>new Lambda(x =&gt; x.MaxPool(2, 2))</c>.</summary>
/// <param name="function">From the layer's input to its output, made of tensor operations, so that it has a gradient.</param>
public sealed class Lambda(Func<Tensor, Tensor> function) : Layer
{
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x) => function(x);
}
