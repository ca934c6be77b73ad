using System.Text.Json.Serialization;

namespace CrossModal.Studio;

/// <summary>A sound that was made of a picture.</summary>
/// <param name="Seen">The instrument that the encoder sees in the picture, where it names any.</param>
/// <param name="SeenProbability">How sure it is.</param>
/// <param name="Frames">Columns of the spectrogram.</param>
/// <param name="Mels">Its rows.</param>
/// <param name="Levels">A byte for each frame and mel: 0 for −80 dB, 255 for 0 dB.</param>
/// <param name="Samples">Half a second at 44.1 kHz: 32-bit little-endian floats.</param>
/// <param name="Score">The probability that the discriminator gives it to be real and of this picture; null where the run has none.</param>
/// <param name="Heard">The instrument that the judge of sounds hears.</param>
/// <param name="Probability">How sure it is.</param>
/// <param name="Milliseconds">How long it took to see and make.</param>
internal sealed record SoundAnswer(string? Seen, float SeenProbability, int Frames, int Mels, byte[] Levels, byte[] Samples, float? Score,
    string Heard, float Probability, double Milliseconds);

/// <summary>A run whose networks are ready: pixels of a side, numbers of a code, numbers of the noise.</summary>
internal sealed record OpenedAnswer(int ImageSize, int CodeSize, int NoiseSize);

/// <summary>How what Play answers alone is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SoundAnswer))]
[JsonSerializable(typeof(OpenedAnswer))]
internal sealed partial class PlayJson : JsonSerializerContext;
