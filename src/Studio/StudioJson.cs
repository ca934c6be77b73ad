using System.Text.Json.Serialization;
using CrossModal.Pipelines;

namespace CrossModal.Studio;

/// <summary>The runs of a folder.</summary>
internal sealed record RunList(string Folder, IReadOnlyList<RunLine> Runs);

/// <summary>One run in a list.</summary>
/// <param name="State"><c>running</c>, <c>finished</c>, <c>stopped</c> or <c>damaged</c>.</param>
/// <param name="Accuracy">The share of generated validation samples that the judge names right, once it was measured.</param>
/// <param name="Problem">Why it cannot be shown.</param>
internal sealed record RunLine(string Id, string Folder, string Kind, string Preset, string Scenario, string Data, DateTime Created,
    string State, double? Accuracy, string? Problem)
{
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Whether it came with the program: small, and not to be trained further.</summary>
    public bool Ships { get; init; }

    /// <summary>Whether it is the one that the program was given by name.</summary>
    public bool Named { get; init; }

    public bool MakesImages { get; init; }

    public bool MakesSounds { get; init; }

    /// <summary>Numbers of noise that a sample is made with.</summary>
    public int NoiseSize { get; init; }
}

/// <summary>What is to be drawn: the code of a sound, and the noise beside it.</summary>
internal sealed record DrawRequest(float[] Code, float[] Noise);

/// <summary>What a window of sound is to a run.</summary>
/// <param name="Code">The sound's code φ(A).</param>
/// <param name="Heard">The instrument that the encoder hears, where it names any.</param>
/// <param name="Probability">How sure it is.</param>
/// <param name="Frames">Columns of the spectrogram.</param>
/// <param name="Mels">Its rows.</param>
/// <param name="Levels">A byte for each frame and mel: 0 for −80 dB, 255 for 0 dB.</param>
internal sealed record HeardAnswer(float[] Code, string? Heard, float Probability, int Frames, int Mels, byte[] Levels);

/// <summary>A picture that was drawn.</summary>
/// <param name="Size">Width and height.</param>
/// <param name="Pixels">Rows from the top; red, green and blue of each pixel.</param>
/// <param name="Score">The probability that the discriminator gives it to be real and of this sound; null where the run has none.</param>
/// <param name="Seen">The instrument that the judge sees.</param>
/// <param name="Probability">How sure it is.</param>
/// <param name="Milliseconds">How long it took to hear and draw.</param>
internal sealed record DrawnAnswer(int Size, byte[] Pixels, float? Score, string Seen, float Probability, double Milliseconds);

/// <summary>A window that was heard and what was drawn of it; nothing is drawn of silence.</summary>
internal sealed record PlayedAnswer(HeardAnswer? Heard, DrawnAnswer? Drawn);

/// <summary>The built-in instruments and their compass, as MIDI note numbers.</summary>
internal sealed record InstrumentLine(string Name, int Lowest, int Highest);

/// <summary>
/// Numbers as bytes, for drawing: <c>least + byte / 255 · (most − least)</c> gives each back, rounded.
/// </summary>
/// <param name="Shape">[height, width, channels], [numbers], or that of a weight.</param>
internal sealed record PictureOfNumbers(IReadOnlyList<int> Shape, float Least, float Most, float Mean, float Deviation, float Zeros,
    byte[] Bytes)
{
    public static PictureOfNumbers Of(Tensors.Shape shape, ReadOnlySpan<float> values)
    {
        var (least, most, mean, deviation, _, zeros) = NumberStatistics.Of(values);
        var bytes = new byte[values.Length];
        var scale = most > least ? 255 / (most - least) : 0;
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = (byte)Math.Clamp(MathF.Round((values[i] - least) * scale), 0, 255);
        return new PictureOfNumbers([.. shape.Extents], least, most, mean, deviation, zeros, bytes);
    }
}

/// <summary>How the studio writes and reads JSON. Made at build time: a trimmed program has no reflection to make it with.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(RunList))]
[JsonSerializable(typeof(DrawRequest))]
[JsonSerializable(typeof(HeardAnswer))]
[JsonSerializable(typeof(DrawnAnswer))]
[JsonSerializable(typeof(PlayedAnswer))]
[JsonSerializable(typeof(IReadOnlyList<InstrumentLine>), TypeInfoPropertyName = "Instruments")]
internal sealed partial class StudioJson : JsonSerializerContext;
