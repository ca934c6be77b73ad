using CrossModal.Audio;
using CrossModal.Imaging;

namespace CrossModal;

/// <summary>A sound that was made of a picture, half a second at 44.1 kHz, and the spectrogram that it was made of.</summary>
public sealed class GeneratedSound : AudioClip
{
    private readonly LogMelLayout _layout;
    private readonly float[] _spectrogram;

    internal GeneratedSound(float[] samples, float[] spectrogram, LogMelLayout layout)
        : base(samples, LogMelSpectrogram.SampleRate) => (_spectrogram, _layout) = (spectrogram, layout);

    /// <summary>Frames of the spectrogram; they follow each other at equal steps over the half second.</summary>
    public int Frames => _layout.Frames;

    /// <summary>Steps of the mel scale in a frame, from 0 Hz to half the sample rate.</summary>
    public int Mels => _layout.Mels;

    /// <summary>Levels of the spectrogram in decibels below full scale, [<see cref="Frames"/>, <see cref="Mels"/>], −80 to 0.</summary>
    public float[] Levels => Array.ConvertAll(_spectrogram, value => (float)LogMelSpectrogram.DecibelsOf(value));

    internal Drawing Drawn(string title) => SpectrogramPlot.Of(title, _spectrogram, _layout);

    /// <summary>Draws the spectrogram with its axes into a PNG file, which is replaced where there is one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">One line above the picture.</param>
    /// <exception cref="Kernels.BadInputException">The file cannot be written.</exception>
    public void SaveSpectrogram(string path, string title = "") => Drawn(title).Write(path);
}
