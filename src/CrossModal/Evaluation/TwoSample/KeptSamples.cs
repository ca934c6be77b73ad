using CrossModal.Tensors;

namespace CrossModal.Evaluation.TwoSample;

/// <summary>Generated samples that are looked at again once they have been judged, a byte a number.</summary>
internal sealed class KeptSamples(int count)
{
    private readonly byte[][] _samples = new byte[count][];

    /// <summary>Keeps a batch of them [batch, …].</summary>
    /// <param name="first">Where it begins.</param>
    public void Keep(int first, Tensor batch)
    {
        var (values, length) = (batch.ToArray(), (int)batch.Count / batch.Shape[0]);
        for (var i = 0; i < batch.Shape[0]; i++)
            _samples[first + i] = Array.ConvertAll(values[(i * length)..((i + 1) * length)], Shades.Of);
    }

    /// <summary>Writes sample <paramref name="i"/> as its shades show it.</summary>
    public void Read(int i, Span<float> values)
    {
        for (var k = 0; k < values.Length; k++)
            values[k] = Shades.Value(_samples[i][k]);
    }
}
