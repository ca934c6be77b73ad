namespace CrossModal.Models;

/// <summary>Which modality is the condition and which is made.</summary>
internal enum Direction
{
    /// <summary>S2I: a sound's code to an image (Chen et al. 2017, Fig. 1, left).</summary>
    SoundToImage,

    /// <summary>I2S: an image's code to a log-mel spectrogram of 64 × 64 (Fig. 1, right).</summary>
    ImageToSound,
}

/// <summary>What names a direction has.</summary>
internal static class Directions
{
    /// <summary>What is made, in the plural.</summary>
    public static string Outputs(this Direction direction) => direction == Direction.SoundToImage ? "images" : "spectrograms";

    /// <summary>What it is made from.</summary>
    public static string Condition(this Direction direction) => direction == Direction.SoundToImage ? "sound" : "image";

    /// <summary>The same in the plural.</summary>
    public static string Conditions(this Direction direction) => direction == Direction.SoundToImage ? "sounds" : "images";
}
