using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;

/// <summary>What a network computes here from exported weights, against what was computed elsewhere from the same inputs.</summary>
internal static class Check
{
    /// <param name="weightsFile">A generator or a discriminator, as <c>crossmodal export safetensors</c> writes it.</param>
    /// <param name="samplesFile">
    /// <c>code</c>, <c>noise</c> and the <c>sample</c> that was made of them; or <c>sample</c>, <c>code</c>, and <c>score</c>,
    /// <c>classes</c> and <c>codes</c> where the discriminator has such heads.
    /// </param>
    /// <returns>A line of JSON: of each output the largest difference, and the largest number it is a difference of.</returns>
    /// <exception cref="InvalidDataException">Something is missing, left over, or of another shape.</exception>
    public static string Compare(string weightsFile, string samplesFile)
    {
        var (weights, samples) = (SafeTensors.Read(Find(weightsFile)), SafeTensors.Read(Find(samplesFile)));
        using var pause = no_grad();
        var computed = weights.ContainsKey("deconv1.weight")
            ? new() { ["sample"] = Networks.Generator(weights).forward(cat([Sample("code"), Sample("noise")], 1)) }
            : Networks.Discriminator(weights).ForwardWithHeads(Sample("sample"), Sample("code"));
        return JsonSerializer.Serialize(computed.ToDictionary(output => output.Key, output =>
        {
            var expected = Sample(output.Key);
            if (!expected.shape.SequenceEqual(output.Value.shape))
                throw new InvalidDataException($"{output.Key} is [{string.Join(", ", expected.shape)}] in {samplesFile}, and "
                    + $"[{string.Join(", ", output.Value.shape)}] is computed");
            return new { largest_difference = Largest(output.Value - expected), of = Largest(expected) };
        }));

        Tensor Sample(string name) =>
            samples.TryGetValue(name, out var tensor) ? tensor : throw new InvalidDataException($"{samplesFile} has no {name}");
    }

    private static float Largest(Tensor values) => values.abs().max().item<float>();

    /// <summary>A launcher may let the program see nothing but its own folder.</summary>
    private static string Find(string path) => File.Exists(path) ? path : Path.Combine(AppContext.BaseDirectory, path);
}
