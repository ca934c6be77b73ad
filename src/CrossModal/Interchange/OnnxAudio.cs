using CrossModal.Audio;
using static CrossModal.Interchange.OnnxAttribute;

namespace CrossModal.Interchange;

/// <summary>
/// Sounds to spectrograms and back as nodes of a graph, of the same constants as <see cref="LogMelSpectrogram"/> and
/// <see cref="SpectrogramInversion"/>. Spectra are [batch, bins, frames] on the way, as a convolution of sounds gives them.
/// </summary>
/// <param name="basis">Of the layout's window and hop.</param>
internal sealed class OnnxAudio(OnnxGraph graph, FourierBasis basis, LogMelLayout layout)
{
    private const int Samples = LogMelSpectrogram.Samples;

    /// <summary>Decibels in a factor of e of power.</summary>
    private static readonly double Decibels = 10 / Math.Log(10);

    private string Filters => graph.Constant("mel.filters", [layout.Mels, layout.Bins], layout.Filters);

    private string Basis => graph.Constant("fourier.basis", [2 * layout.Bins, 1, layout.Window], basis.Analysis);

    /// <summary>Adds sounds [batch, 22050] to spectrograms [batch, 1, frames, mels] in [−1, 1].</summary>
    public string LogMel(string sounds)
    {
        var channel = graph.Add("Unsqueeze", [sounds, graph.Constant("channel_axis", [1], 1)]);
        var power = Power(graph, Spectra(graph, channel));
        var mels = graph.Add("Add", [graph.Add("MatMul", [Filters, power]), graph.Constant(LogMelSpectrogram.LeastPower)]);
        var decibels = graph.Add("Mul", [graph.Add("Log", [mels]), graph.Constant(Decibels)]);
        var held = graph.Add("Clip", [decibels, graph.Constant(LogMelSpectrogram.FloorDecibels), graph.Constant(0)]);
        var values = Affine(held, -2 / LogMelSpectrogram.FloorDecibels, 1);
        return graph.Add("Unsqueeze", [graph.Add("Transpose", [values], Ints("perm", 0, 2, 1)), graph.Constant("channel_axis", [1], 1)]);
    }

    /// <summary>
    /// Adds spectrograms [batch, 1, frames, mels] to sounds [batch, 22050], held within <paramref name="loudest"/>.
    /// </summary>
    /// <param name="seed">What the first phases are drawn from; they are a constant of the graph.</param>
    public string Invert(string spectrograms, ulong seed, double loudest)
    {
        var square = graph.Add("Squeeze", [spectrograms, graph.Constant("channel_axis", [1], 1)]);
        var target = MelPower(graph.Add("Transpose", [square], Ints("perm", 0, 2, 1)));
        var least = graph.Constant(SpectrogramInversion.Least);
        var wanted = graph.Add("Add", [target, least]);
        var shares = Turned("mel.shares", layout.Mels, layout.Bins, () => SpectrogramInversion.SharesOf(layout).Shares);
        var widths = graph.Constant("mel.widths", [layout.Mels, 1], () => SpectrogramInversion.SharesOf(layout).Widths);

        string[] power = [graph.Add("MatMul", [shares, graph.Add("Div", [target, widths])])];
        power = graph.Repeat(SpectrogramInversion.SpreadingIterations, power,
            (round, before) => [round.Add("Mul", [before[0], Quotient(round, before[0])])]);

        var phases = Turned("first_phases", layout.Frames, layout.Bins, () => SpectrogramInversion.FirstPhases(layout, seed));
        var magnitudes = graph.Add("Sqrt", [power[0]]);
        var first = graph.Add("Concat", [Along("Cos"), Along("Sin")], Int("axis", 1));
        var none = graph.Add("Sub", [first, first]);
        var momentum = graph.Constant(SpectrogramInversion.Momentum / (1 + SpectrogramInversion.Momentum));
        var spectra = graph.Repeat(SpectrogramInversion.Iterations, [first, none], (round, before) =>
        {
            var consistent = Spectra(round, Sound(round, before[0]));
            var beyond = round.Add("Sub", [consistent, round.Add("Mul", [before[1], momentum])]);
            var gains = round.Add("Sqrt", [Quotient(round, Power(round, beyond))]);
            return [round.Add("Mul", [beyond, round.Add("Concat", [gains, gains], Int("axis", 1))]), consistent];
        });

        var sounds = graph.Add("Squeeze", [Sound(graph, spectra[0]), graph.Constant("channel_axis", [1], 1)]);
        var peak = graph.Add("ReduceMax", [graph.Add("Abs", [sounds])], Ints("axes", 1), Int("keepdims", 1));
        var most = graph.Constant(loudest);
        return graph.Add("Mul", [sounds, graph.Add("Div", [most, graph.Add("Max", [peak, most])])]);

        string Along(string function) => graph.Add("Mul", [magnitudes, graph.Add(function, [phases])]);

        string Quotient(OnnxGraph within, string of)
        {
            var mels = within.Add("Add", [within.Add("MatMul", [Filters, of]), least]);
            return within.Add("MatMul", [shares, within.Add("Div", [wanted, mels])]);
        }
    }

    /// <summary>The power of values in [−1, 1]; the lowest half decibel fades to nothing.</summary>
    private string MelPower(string values)
    {
        const double floor = LogMelSpectrogram.FloorDecibels;
        var decibels = Affine(values, -floor / 2, floor / 2);
        var power = graph.Add("Exp", [graph.Add("Mul", [decibels, graph.Constant(1 / Decibels)])]);
        return graph.Add("Mul", [power, graph.Add("Clip", [Affine(decibels, 2, -2 * floor), graph.Constant(0), graph.Constant(1)])]);
    }

    /// <summary>Sounds [batch, 1, 22050] to spectra [batch, 2 · bins, frames], zeros beyond the ends.</summary>
    private string Spectra(OnnxGraph within, string sounds)
    {
        long before = layout.Window / 2, after = (layout.Frames - 1) * layout.Hop + layout.Window / 2 - Samples;
        var padded = within.Add("Pad", [sounds, graph.Constant("sound_pads", [6], 0, 0, before, 0, 0, after)]);
        return within.Add("Conv", [padded, Basis], Ints("kernel_shape", layout.Window), Ints("strides", layout.Hop));
    }

    /// <summary>Spectra [batch, 2 · bins, frames] to the sounds [batch, 1, 22050] whose transforms are nearest.</summary>
    private string Sound(OnnxGraph within, string spectra)
    {
        var weighted = within.Add("Mul", [spectra, graph.Constant("fourier.weights", [2 * layout.Bins, 1], basis.Weights)]);
        var whole = within.Add("ConvTranspose", [weighted, Basis], Ints("kernel_shape", layout.Window), Ints("strides", layout.Hop));
        long from = layout.Window / 2;
        var cut = within.Add("Slice", [whole, graph.Constant("sound_from", [1], from), graph.Constant("sound_to", [1], from + Samples),
            graph.Constant("sound_axis", [1], 2)]);
        return within.Add("Mul", [cut, graph.Constant("fourier.overlap", [Samples], () => basis.Overlap(Samples))]);
    }

    private static string Power(OnnxGraph within, string spectra)
    {
        var (real, imaginary) = within.Halves(spectra, axis: 1);
        return within.Add("Add", [within.Add("Mul", [real, real]), within.Add("Mul", [imaginary, imaginary])]);
    }

    private string Affine(string x, double factor, double offset) =>
        graph.Add("Add", [graph.Add("Mul", [x, graph.Constant(factor)]), graph.Constant(offset)]);

    /// <summary>A constant matrix, its rows for columns.</summary>
    private string Turned(string name, int rows, int columns, Func<float[]> values) => graph.Constant(name, [columns, rows], () =>
    {
        var (given, turned) = (values(), new float[rows * columns]);
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < columns; column++)
                turned[column * rows + row] = given[row * columns + column];
        }

        return turned;
    });
}
