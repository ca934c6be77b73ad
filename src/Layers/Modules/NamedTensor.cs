using CrossModal.Tensors;

namespace CrossModal.Layers;

/// <summary>A tensor that belongs to a module or an optimizer, with its dotted name and how it lies in a checkpoint.</summary>
/// <param name="Averaged">Whether a moving average of the weights averages it too; else it is copied.</param>
public sealed record NamedTensor(string Name, Tensor Tensor, CheckpointLayout Layout, bool Averaged = true);

/// <summary>Something with a state that a checkpoint holds.</summary>
public interface IStateful
{
    /// <summary>The whole state, in a fixed order.</summary>
    IEnumerable<NamedTensor> State { get; }
}
