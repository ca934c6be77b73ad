using CrossModal.Evaluation.Metrics;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Evaluation;

/// <summary>Samples as the judge sees them.</summary>
/// <param name="Named">[count] the class of the largest logit.</param>
/// <param name="Probabilities">[count, classes].</param>
/// <param name="Features">[count, 128].</param>
internal sealed record JudgedSamples(int[] Named, float[] Probabilities, FeatureRows Features)
{
    private const int AtOnce = 64;

    /// <summary>Judges <paramref name="count"/> samples in batches, outside any gradient and with dropout off.</summary>
    /// <exception cref="NonFiniteException">A probability or a feature is not finite.</exception>
    /// <param name="samples">From where and how many: the samples [n, size, size, channels].</param>
    internal static JudgedSamples Collect(IJudge judge, int count, Func<int, int, Tensor> samples, Action<int>? progress = null)
    {
        judge.Training = false;
        using var pause = Tape.Paused();
        var named = new int[count];
        float[] probabilities = [], features = [];
        for (var first = 0; first < count; first += AtOnce)
        {
            using var scope = new Scope();
            var batch = Math.Min(AtOnce, count - first);
            var (logits, rows) = judge.Examine(samples(first, batch));
            var (classes, length) = (logits.Shape[1], rows.Shape[1]);
            if (first == 0)
                (probabilities, features) = (new float[count * classes], new float[count * length]);
            var shares = probabilities.AsSpan(first * classes, batch * classes);
            logits.Softmax().Read(shares);
            rows.Read(features.AsSpan(first * length, batch * length));
            for (var i = 0; i < batch; i++)
                named[first + i] = IndexOfLargest(shares.Slice(i * classes, classes));
            progress?.Invoke(first + batch);
        }

        Finite.Require(probabilities, "the judge", "probabilities");
        Finite.Require(features, "the judge", "features");
        return new JudgedSamples(named, probabilities, new FeatureRows(count, count == 0 ? 0 : features.Length / count, features));
    }

    private static int IndexOfLargest(ReadOnlySpan<float> values)
    {
        var best = 0;
        for (var i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }

        return best;
    }
}
