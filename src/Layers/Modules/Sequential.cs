using System.Collections;
using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>
/// Layers one after the other. They bear the names "0", "1", … as PyTorch's <c>nn.Sequential</c> gives them, so a checkpoint of one loads
/// there into the same layers in the same places; an activation that PyTorch counts as a layer is given here as one, too.
/// <code>
/// var net = new Sequential(new Linear(random, 2, 64, Activation.LeakyRelu(0.2)), new Linear(random, 64, 1));
/// var logits = net.Forward(x);
/// </code>
/// </summary>
public sealed class Sequential : Layer, IReadOnlyList<Layer>
{
    private readonly Layer[] _layers;

    /// <summary>Puts layers in a row.</summary>
    /// <param name="layers">In the order of computation; they belong to this module then, which disposes them.</param>
    public Sequential(params ReadOnlySpan<Layer> layers)
    {
        _layers = layers.ToArray();
        for (var i = 0; i < _layers.Length; i++)
            Add($"{i}", _layers[i]);
    }

    /// <summary>How many layers there are.</summary>
    public int Count => _layers.Length;

    /// <summary>The layer at a place, from 0.</summary>
    public Layer this[int index] => _layers[index];

    /// <summary>The input through all layers; the input itself where there are none.</summary>
    /// <inheritdoc/>
    public override Tensor Forward(Tensor x)
    {
        for (var i = 0; i < _layers.Length; i++)
            x = i + 1 < _layers.Length && _layers[i + 1] is BatchNorm norm ? norm.Forward(_layers[i++], x) : _layers[i].Forward(x);
        return x;
    }

    /// <summary>The layers in the order of computation.</summary>
    public IEnumerator<Layer> GetEnumerator() => ((IEnumerable<Layer>)_layers).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
