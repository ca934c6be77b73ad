using CrossModal.Audio;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Pipelines;

/// <summary>One direction of a saved run: makes samples of what it is given.</summary>
internal sealed class ConditionalSampler(Device device, SavedRun saved, Direction direction) : IDisposable
{
    private readonly ConditionEncoder _encoder = ConditionEncoder.Load(device, saved.Run, saved.Folder, direction);
    private readonly Generator _generator = SavedRun.LoadGenerator(device, saved.Run, saved.Folder, direction);

    /// <summary>How sounds must be laid out where they are what it is given.</summary>
    public LogMelLayout Layout => _encoder.Layout;

    /// <summary>
    /// Tells what the encoder takes the input for, where it was trained to name anything, and gives a title for what is made of it.
    /// </summary>
    /// <param name="input">The file that the example was read from.</param>
    /// <param name="likeness">How it is like the instrument: "sounds like", "looks like".</param>
    public string Describe(string input, string likeness, Tensor example, IRunReporter reporter)
    {
        var file = Path.GetFileName(input);
        if (_encoder.Classify is not { } classify)
            return file;
        var probabilities = classify(example).Softmax().ToFloats();
        var best = Array.IndexOf(probabilities, probabilities.Max());
        reporter.Message($"{file} {likeness} {saved.Run.Classes[best]} ({probabilities[best]:0%})");
        return $"{file}: {saved.Run.Classes[best]}";
    }

    /// <summary>Samples of one example [1, …]: [count, …], each from noise of its own.</summary>
    public Tensor Make(Tensor example, int count, ulong seed)
    {
        var (random, model) = (new CountedRandom(seed, RandomStreams.Generation), saved.Run.Model);
        var noise = new float[count * model.NoiseSize];
        for (var i = 0; i < noise.Length; i++)
            noise[i] = random.NextNormal();
        return _generator.Forward(_encoder.Encode(example).BroadcastTo(new Shape(count, model.CodeSize)),
            Tensor.From(device, new Shape(count, model.NoiseSize), noise));
    }

    public void Dispose()
    {
        _encoder.Dispose();
        _generator.Dispose();
    }
}
