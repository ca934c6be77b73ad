using CrossModal.Layers;
using CrossModal.Tensors;

namespace CrossModal.Interchange;

/// <summary>A tensor that a network computes with outside of training.</summary>
/// <param name="Name">Dotted, as PyTorch has it.</param>
/// <param name="Tensor">Its numbers, in the order of axes that they have here.</param>
/// <param name="Layout">How they lie in PyTorch, and in a file.</param>
internal sealed record InferenceWeight(string Name, Func<Tensor> Tensor, CheckpointLayout Layout)
{
    public Shape Shape => Layout.File;

    /// <summary>The numbers in PyTorch's order of axes.</summary>
    public float[] Read()
    {
        using var pause = Tape.Paused();
        using var scope = new Scope();
        return Layout.ToFile(Tensor()).ToArray();
    }
}

/// <summary>
/// The tensors of a network as others are given them. They are those of a checkpoint, but for weights that a layer computes with in another
/// form: what spectral normalization divides by is divided out already, and taps that are spread are spread already, so that the layer
/// is an ordinary one with a <c>weight</c>.
/// </summary>
internal static class InferenceWeights
{
    public static IEnumerable<InferenceWeight> Of(Module network)
    {
        var layers = network.NamedModules.ToDictionary(layer => layer.Name, layer => layer.Module);
        foreach (var tensor in network.State)
        {
            var (layer, part) = tensor.Name.LastIndexOf('.') is >= 0 and var dot
                ? (layers[tensor.Name[..dot]], tensor.Name[(dot + 1)..]) : (network, tensor.Name);
            if (layer is WeightedLayer weighted && part is ("weight" or "weight_orig"))
                yield return new(tensor.Name.Replace("weight_orig", "weight"), weighted.InferenceWeight, weighted.InferenceLayout);
            else if (part is not ("weight_u" or "weight_v"))
                yield return new(tensor.Name, () => tensor.Tensor, tensor.Layout);
        }
    }
}
