using System.Runtime.InteropServices;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>An image or sound that could not be decoded: its place in the cache, its file, and why.</summary>
internal sealed record BadSample(int Place, string File, string Reason);

/// <summary>
/// Decoded samples on disk: square images of 3 bytes a pixel, sounds of 22050 16-bit samples, each kind in one file
/// without a header, in the order of a <see cref="SampleList"/>. The folder is whole or absent. Numbers are in the machine's byte order, as
/// a cache stays on its machine.
/// </summary>
internal sealed class SampleCache : IDisposable
{
    public const int SoundBytes = SoundWindow.Length * sizeof(short);

    /// <summary>The size of the images of caches whose folder does not name it: before it could be chosen, there was no other.</summary>
    private const int UnnamedSize = 64;

    public const string ImagesName = "images.bin", SoundsName = "sounds.bin", ContentsName = "contents.json";

    private static readonly JsonFile<Contents> ContentsFile = new(CacheJson.Default.Contents, "contents of a cache", "it is made again");

    private readonly BlockFile _images, _sounds;

    private SampleCache(Contents contents, int imageSize, BlockFile images, BlockFile sounds)
    {
        (ImageSize, _images, _sounds) = (imageSize, images, sounds);
        (BadImages, BadSounds) = (contents.BadImages, contents.BadSounds);
    }

    /// <summary>Width and height of the images.</summary>
    public int ImageSize { get; }

    public BadSample[] BadImages { get; }

    public BadSample[] BadSounds { get; }

    /// <summary>What is written beside the two files.</summary>
    public sealed record Contents(int Images, int Sounds, BadSample[] BadImages, BadSample[] BadSounds);

    public static string FolderOf(SampleList list, int imageSize) => Path.Combine(CacheFolder.Ensure("samples"),
        imageSize == UnnamedSize ? list.Fingerprint[..32] : $"{list.Fingerprint[..32]}-{imageSize}");

    /// <summary>Bytes of one image.</summary>
    public static int BytesOf(int imageSize) => imageSize * imageSize * 3;

    /// <summary>Opens the cache of a list; null where there is none, or one that does not hold what it should.</summary>
    public static SampleCache? TryOpen(SampleList list, int imageSize)
    {
        var folder = FolderOf(list, imageSize);
        try
        {
            var contents = ReadContents(Path.Combine(folder, ContentsName));
            if (contents.Images != list.Images.Length || contents.Sounds != list.Sounds.Length
                || BlockFile.TryOpen(Path.Combine(folder, ImagesName), (long)contents.Images * BytesOf(imageSize)) is not { } images)
                return null;
            if (BlockFile.TryOpen(Path.Combine(folder, SoundsName), (long)contents.Sounds * SoundBytes) is { } sounds)
                return new SampleCache(contents, imageSize, images, sounds);
            images.Dispose();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            return null;
        }
    }

    /// <exception cref="BadInputException">The file is absent or damaged.</exception>
    internal static Contents ReadContents(string path) => ContentsFile.Read(path);

    /// <summary>Fills <paramref name="pixels"/> with size × size × 3 bytes.</summary>
    /// <exception cref="BadInputException">The cache was damaged since it was opened.</exception>
    public void ReadImage(int place, Span<byte> pixels) => _images.Read((long)place * BytesOf(ImageSize), pixels);

    /// <summary>Fills <paramref name="samples"/> with 22050 samples.</summary>
    /// <exception cref="BadInputException">The cache was damaged since it was opened.</exception>
    public void ReadSound(int place, Span<short> samples) => _sounds.Read((long)place * SoundBytes, MemoryMarshal.AsBytes(samples));

    public void Dispose()
    {
        _images.Dispose();
        _sounds.Dispose();
    }
}
