using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>Noise that somebody chose, in place of a seed.</summary>
internal static class GivenNoise
{
    /// <summary>[1, noise].</summary>
    /// <exception cref="BadInputException">There are too few or too many numbers, or one that is not finite.</exception>
    public static Tensor On(Device device, ModelSettings model, float[] noise) =>
        noise.Length == model.NoiseSize && noise.All(float.IsFinite) ? Tensor.From(device, new Shape(1, model.NoiseSize), noise)
            : throw new BadInputException($"a noise has {model.NoiseSize} finite numbers in this run");
}
