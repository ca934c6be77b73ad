using System.Text.Json;

namespace CrossModal.Data;

/// <summary>An image or sound that could not be decoded: its place in the cache, its file, and why.</summary>
internal sealed record BadSample(int Place, string File, string Reason);

/// <summary>
/// Decoded samples on disk, mapped into memory: images of 64 × 64 × 3 bytes, sounds of 22050 16-bit samples, each kind in one file without
/// a header, in the order of a <see cref="SampleList"/>. The folder is whole or absent. Numbers are in the machine's byte order, as a cache
/// stays on its machine.
/// </summary>
internal sealed class SampleCache : IDisposable
{
    public const int ImageSize = 64, ImageBytes = ImageSize * ImageSize * 3, SoundBytes = SoundWindow.Length * sizeof(short);

    public const string ImagesName = "images.bin", SoundsName = "sounds.bin", ContentsName = "contents.json";

    private readonly MappedFile images, sounds;

    private SampleCache(string folder, Contents contents)
    {
        (BadImages, BadSounds) = (contents.BadImages, contents.BadSounds);
        images = new MappedFile(Path.Combine(folder, ImagesName));
        try
        {
            sounds = new MappedFile(Path.Combine(folder, SoundsName));
        }
        catch
        {
            images.Dispose();
            throw;
        }
    }

    public BadSample[] BadImages { get; }

    public BadSample[] BadSounds { get; }

    /// <summary>What is written beside the two files.</summary>
    public sealed record Contents(int Images, int Sounds, BadSample[] BadImages, BadSample[] BadSounds);

    public static string FolderOf(string fingerprint) => Path.Combine(CacheFolder.Ensure("samples"), fingerprint[..32]);

    /// <summary>Opens the cache of a list; null where there is none, or one that does not hold what it should.</summary>
    public static SampleCache? TryOpen(SampleList list)
    {
        var folder = FolderOf(list.Fingerprint);
        try
        {
            var contents = JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, ContentsName)), CacheJson.Default.Contents);
            if (contents is null || contents.Images != list.Images.Length || contents.Sounds != list.Sounds.Length
                || new FileInfo(Path.Combine(folder, ImagesName)).Length != (long)contents.Images * ImageBytes
                || new FileInfo(Path.Combine(folder, SoundsName)).Length != (long)contents.Sounds * SoundBytes)
                return null;
            return new SampleCache(folder, contents);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>64 × 64 × 3 bytes.</summary>
    public ReadOnlySpan<byte> Image(int place) => images.Slice<byte>((long)place * ImageBytes, ImageBytes);

    /// <summary>22050 samples.</summary>
    public ReadOnlySpan<short> Sound(int place) => sounds.Slice<short>((long)place * SoundBytes, SoundWindow.Length);

    public void Dispose()
    {
        images.Dispose();
        sounds.Dispose();
    }
}
