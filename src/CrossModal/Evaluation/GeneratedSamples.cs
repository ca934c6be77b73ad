using CrossModal.Audio;
using CrossModal.Imaging;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>Which samples are wanted: one for each of some conditions.</summary>
/// <param name="Rows">Of <paramref name="Codes"/>: the conditions.</param>
/// <param name="Seed">Of the noise.</param>
internal sealed record SampleRequest(ConditionCodes Codes, IReadOnlyList<int> Rows, ulong Seed)
{
    /// <summary>Whose noise each sample has: its condition's own, but where another condition is put in its place.</summary>
    public IReadOnlyList<int> NoiseRows { get; init; } = Rows;
}

/// <summary>Makes samples of conditions with a generator, and has them named by the judge.</summary>
/// <param name="sample">Codes [batch, code] and noise [batch, noise] to samples [batch, size, size, channels] in [−1, 1].</param>
internal sealed class GeneratedSamples(Device device, ModelSettings model, Func<Tensor, Tensor, Tensor> sample, IJudge judge,
    IReadOnlyList<string> classes)
{
    /// <summary>How the spectrograms are laid out, where spectrograms are made.</summary>
    internal LogMelLayout Layout => model.Spectrogram;

    /// <summary>
    /// How the judge names one sample for each of the chosen conditions. The noise is a function of seed and condition, so two evaluations
    /// of the same weights agree.
    /// </summary>
    public ConfusionMatrix Judge(ConditionCodes codes, IReadOnlyList<int> chosen, ulong seed, Action<int>? progress = null,
        CancellationToken cancel = default)
    {
        var result = new ConfusionMatrix(classes);
        var named = Collect(new SampleRequest(codes, chosen, seed), progress, cancel).Named;
        for (var i = 0; i < named.Length; i++)
            result.Add(codes.Classes[chosen[i]], named[i]);
        return result;
    }

    /// <summary>One sample for each of the chosen rows, as the judge sees it.</summary>
    /// <param name="each">Called with each batch of samples [batch, size, size, channels] and where it begins.</param>
    internal JudgedSamples Collect(SampleRequest request, Action<int>? progress = null, CancellationToken cancel = default,
        Action<int, Tensor>? each = null) => JudgedSamples.Collect(judge, request.Rows.Count, (first, count) =>
        {
            cancel.ThrowIfCancellationRequested();
            var samples = Make(request.Codes, [.. request.Rows.Skip(first).Take(count)], i =>
                new CountedRandom(request.Seed, RandomStreams.Evaluation | (uint)request.NoiseRows[first + i]));
            each?.Invoke(first, samples);
            return samples;
        }, progress);

    /// <summary>One picture for each row, noise drawn by the row's generator.</summary>
    public RgbImage[] Draw(ConditionCodes codes, IReadOnlyList<int> rows, Func<int, CountedRandom> noise)
    {
        using var pause = Tape.Paused();
        using var scope = new Scope();
        return SamplePicture.OfBatch(Make(codes, rows, i => noise(rows[i])));
    }

    /// <summary>One sample for each row, [rows, size, size, channels].</summary>
    /// <param name="noise">By place in <paramref name="rows"/>.</param>
    /// <exception cref="NonFiniteException">A sample is not finite.</exception>
    internal Tensor Make(ConditionCodes codes, IReadOnlyList<int> rows, Func<int, CountedRandom> noise)
    {
        var code = new float[rows.Count * codes.CodeSize];
        var z = new float[rows.Count * model.NoiseSize];
        for (var i = 0; i < rows.Count; i++)
        {
            codes.Row(rows[i]).CopyTo(code.AsSpan(i * codes.CodeSize));
            var random = noise(i);
            for (var k = 0; k < model.NoiseSize; k++)
                z[i * model.NoiseSize + k] = random.NextNormal();
        }

        var made = sample(Tensor.From(device, new Shape(rows.Count, codes.CodeSize), code),
            Tensor.From(device, new Shape(rows.Count, model.NoiseSize), z));
        return Finite.Require(made, "the generator", "samples");
    }
}
