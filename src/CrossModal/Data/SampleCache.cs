using System.Text.Json.Serialization;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>
/// Decoded samples on disk, mapped into memory: square images of 3 bytes a pixel, sounds of 22050 16-bit samples, each kind in one file
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

    private readonly MappedFile _images, _sounds;

    private SampleCache(string folder, Contents contents, int imageSize)
    {
        ImageSize = imageSize;
        Faults = contents.Faults;
        _images = new MappedFile(Path.Combine(folder, ImagesName));
        try
        {
            _sounds = new MappedFile(Path.Combine(folder, SoundsName));
        }
        catch
        {
            _images.Dispose();
            throw;
        }
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
            if (contents is not { SilentSounds: not null, ScaledSounds: not null } || contents.Images != list.Images.Length
                || contents.Sounds != list.Sounds.Length
                || new FileInfo(Path.Combine(folder, ImagesName)).Length != (long)contents.Images * BytesOf(imageSize)
                || new FileInfo(Path.Combine(folder, SoundsName)).Length != (long)contents.Sounds * SoundBytes)
                return null;
            return new SampleCache(folder, contents, imageSize);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or BadInputException)
        {
            return null;
        }
    }

    /// <exception cref="BadInputException">The file is absent or damaged.</exception>
    internal static Contents ReadContents(string path) => ContentsFile.Read(path);

    /// <summary>Size × size × 3 bytes.</summary>
    public ReadOnlySpan<byte> Image(int place) => _images.Slice<byte>((long)place * BytesOf(ImageSize), BytesOf(ImageSize));

    /// <summary>22050 samples.</summary>
    public ReadOnlySpan<short> Sound(int place) => _sounds.Slice<short>((long)place * SoundBytes, SoundWindow.Length);

    public void Dispose()
    {
        _images.Dispose();
        _sounds.Dispose();
    }
}
