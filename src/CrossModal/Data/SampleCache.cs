using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using CrossModal.Kernels;

namespace CrossModal.Data;

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
        Faults = contents.Faults;
    }

    /// <summary>Width and height of the images.</summary>
    public int ImageSize { get; }

    /// <summary>What is wrong with samples of it, by their places in it.</summary>
    public SampleFaults Faults { get; }

    /// <summary>
    /// What is written beside the two files. Caches of before silence was looked for lack the last two, and are made again.
    /// </summary>
    public sealed record Contents(int Images, int Sounds, BadSample[] BadImages, BadSample[] BadSounds, int[] SilentSounds,
        string[] ScaledSounds)
    {
        /// <summary>The last four of these.</summary>
        [JsonIgnore]
        public SampleFaults Faults => new(BadImages, BadSounds, SilentSounds, ScaledSounds);

        /// <summary>Whether it can be of a list: as many samples, and faults of these.</summary>
        public bool Fits(SampleList list) => (Images, Sounds) == (list.Images.Length, list.Sounds.Length)
            && BadImages.All(bad => bad.Place >= 0 && bad.Place < Images) && BadSounds.All(bad => bad.Place >= 0 && bad.Place < Sounds)
            && SilentSounds.All(place => place >= 0 && place < Sounds);
    }

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
            if (!contents.Fits(list)
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
