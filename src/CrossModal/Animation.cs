using CrossModal.Imaging;
using CrossModal.Kernels;

namespace CrossModal;

/// <summary>Pictures that follow each other at equal steps of time, made while they are asked for, and how they become a file.</summary>
public sealed class Animation
{
    /// <summary>A GIF counts in hundredths of a second, and players slow down what stands for less than two.</summary>
    public const int MostPicturesPerSecond = 50;

    /// <summary>Pictures of networks are small: they are enlarged until they have so many pixels in a row.</summary>
    private const int LeastShownSize = 256;

    internal Animation(IEnumerable<RgbImage> pictures, int count, int picturesPerSecond, int size) =>
        (Pictures, Count, PicturesPerSecond, Size) = (pictures, count, picturesPerSecond, size);

    /// <summary>The pictures in order. Each time they are gone through, they are made anew.</summary>
    public IEnumerable<RgbImage> Pictures { get; }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>How many are shown in a second.</summary>
    public int PicturesPerSecond { get; }

    /// <summary>Width and height of each in pixels.</summary>
    public int Size { get; }

    /// <summary>The endings of <see cref="Save"/>.</summary>
    internal static IReadOnlyList<string> Endings { get; } = [".gif", ".webp", ".mp4"];

    /// <summary>
    /// Writes all pictures into one file, whole or not at all; a file of that name is replaced. The kind follows from the ending:
    /// <c>.gif</c> (256 colors a picture, silent), <c>.webp</c> (all colors, silent) or <c>.mp4</c> (with sound, by the program
    /// <c>ffmpeg</c>, which must be on the PATH). Pictures of fewer than 256 pixels in a row are enlarged by a whole number, each pixel
    /// to a square, until they have that many.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="soundFile">The recording that an <c>.mp4</c> plays; null for none.</param>
    /// <param name="reporter">Told how far it is; null to be silent.</param>
    /// <param name="cancel">Stops it; nothing is written then.</param>
    /// <exception cref="BadInputException">
    /// The ending is another one, <c>ffmpeg</c> is missing or fails, or the file cannot be written.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Save(string path, string? soundFile = null, IRunReporter? reporter = null, CancellationToken cancel = default)
    {
        var scale = Math.Max(1, (LeastShownSize + Size - 1) / Size);
        Action<Stream, IEnumerable<RgbImage>> write = Path.GetExtension(path).ToLowerInvariant() switch
        {
            ".gif" => (stream, pictures) => GifAnimation.Write(stream, pictures, PicturesPerSecond),
            ".webp" => (stream, pictures) => WebpAnimation.Write(stream, pictures, PicturesPerSecond),
            ".mp4" => Mp4Video.With(path, PicturesPerSecond, soundFile, cancel),
            _ => throw new BadInputException($"{path}: must end in {string.Join(", ", Endings)}"),
        };
        using var stage = (reporter ?? new SilentReporter()).Stage("draw", Count, "pictures");
        AtomicFile.Write(path, stream => write(stream, Counted(scale, stage, cancel)));
    }

    private IEnumerable<RgbImage> Counted(int scale, IRunStage stage, CancellationToken cancel)
    {
        var done = 0;
        foreach (var picture in Pictures)
        {
            cancel.ThrowIfCancellationRequested();
            yield return ImageFile.Enlarged(picture, scale);
            stage.Report(++done);
        }
    }
}
