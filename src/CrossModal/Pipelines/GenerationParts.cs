using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>What both directions of <c>generate</c> do alike.</summary>
internal static class GenerationParts
{
    private const ulong GenerateStream = 0x6765_0000_0000_0000;

    /// <summary>
    /// Tells what the encoder takes the input for, where it was trained to name anything, and gives a title for what is made of it.
    /// </summary>
    /// <param name="likeness">How it is like the instrument: "sounds like", "looks like".</param>
    public static string Name(string input, string likeness, ConditionEncoder encoder, Tensor example, RunConfiguration run,
        IRunReporter reporter)
    {
        var file = Path.GetFileName(input);
        if (encoder.Classify is not { } classify)
            return file;
        var probabilities = classify(example).Softmax().ToArray();
        var best = Array.IndexOf(probabilities, probabilities.Max());
        reporter.Message($"{file} {likeness} {run.Classes[best]} ({probabilities[best]:0%})");
        return $"{file}: {run.Classes[best]}";
    }

    /// <summary>The samples of one condition, [count, …], each from noise of its own.</summary>
    /// <param name="code">[1, code].</param>
    public static Tensor Make(Models.Generator generator, Tensor code, RunConfiguration run, int count, ulong seed)
    {
        var random = new CountedRandom(seed, GenerateStream);
        var noise = new float[count * run.Model.NoiseSize];
        for (var i = 0; i < noise.Length; i++)
            noise[i] = random.NextNormal();
        return generator.Forward(code.BroadcastTo(new Shape(count, run.Model.CodeSize)),
            Tensor.From(code.Device, new Shape(count, run.Model.NoiseSize), noise));
    }
}
