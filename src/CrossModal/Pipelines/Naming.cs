using CrossModal.Tensors;

namespace CrossModal.Pipelines;

/// <summary>From what a classifier says of one example to a name.</summary>
internal static class Naming
{
    /// <summary>The likeliest class and its probability.</summary>
    /// <param name="logits">[1, classes].</param>
    /// <param name="classifier">What an error calls the network.</param>
    /// <exception cref="NonFiniteException">A probability is not finite.</exception>
    public static Recognition Of(Tensor logits, IReadOnlyList<string> classes, string classifier)
    {
        var probabilities = Finite.Require(logits.Softmax().ToArray(), classifier, "probabilities");
        var best = Array.IndexOf(probabilities, probabilities.Max());
        return new Recognition(classes[best], probabilities[best]);
    }
}
