using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Imaging;

namespace CrossModal.Tests.Data;

/// <summary>Tests that set where the cache is, which is a variable of the process: they run alone.</summary>
[CollectionDefinition("cache", DisableParallelization = true)]
public static class CacheCollection;

/// <summary>
/// A folder for a data set and one for the cache, both removed at the end. Whoever has it runs alone: another test that trains meanwhile
/// would find its cache here, and gone.
/// </summary>
[Collection("cache")]
public abstract class DatasetFixture : IDisposable
{
    /// <summary>Added to the levels of a whole data set, the least of which would be silence.</summary>
    protected const int Audible = 4 * 256;

    private readonly string? _cacheBefore = Environment.GetEnvironmentVariable("CROSSMODAL_CACHE");

    private readonly string _root = Directory.CreateTempSubdirectory("crossmodal-data-").FullName;

    protected DatasetFixture()
    {
        Folder = Directory.CreateDirectory(Path.Combine(_root, "data")).FullName;
        Cache = Path.Combine(_root, "cache");
        Environment.SetEnvironmentVariable("CROSSMODAL_CACHE", Cache);
    }

    protected string Folder { get; }

    protected string Cache { get; }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("CROSSMODAL_CACHE", _cacheBefore);
        Directory.Delete(_root, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected PairDataset Open(Action<string, int, int>? progress = null, Action<string>? warn = null, int? pairsLimit = null,
        ulong seed = 0, int imageSize = 64) =>
        PairDataset.Open(Folder, new PairSelection(imageSize, pairsLimit, seed), progress, warn, TestContext.Current.CancellationToken);

    /// <summary>Half a second of a constant; its level tells in a test which file was read.</summary>
    protected void Sound(string path, int level, int samples = PairSplit.SoundLength, int rate = 44100)
    {
        var amplitudes = new float[samples];
        Array.Fill(amplitudes, level / 32768f);
        using var stream = File.Create(Place(path));
        WavFile.Write(stream, amplitudes, 1, rate);
    }

    /// <summary>A picture of one gray.</summary>
    protected void Image(string path, byte level)
    {
        var image = new RgbImage(16, 16);
        Array.Fill(image.Pixels, level);
        using var picture = ImageFile.ToSkia(image);
        using var encoded = picture.Encode();
        File.WriteAllBytes(Place(path), encoded.ToArray());
    }

    /// <summary>
    /// The full path, its folder made. Nothing here is synced to the disk as <c>AtomicFile</c> does: hundreds of files would take seconds.
    /// </summary>
    private string Place(string path)
    {
        var full = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        return full;
    }

    /// <summary>
    /// Sub-URMP's layout: for class c, song s and window w the sound has level <see cref="Audible"/> + 100 c + 10 s + w + 1 and the
    /// image as gray 100 c + 10 s + w + 1 (modulo 256).
    /// </summary>
    protected void SubUrmp(string[] classes, int songs, int windows, string validation = "validation", string top = "")
    {
        foreach (var split in new[] { "train", validation })
            for (var c = 0; c < classes.Length; c++)
                for (var song = 0; song < songs; song++)
                    for (var window = 0; window < windows; window++)
                    {
                        var stem = $"{classes[c]}{(split == "train" ? song : 40 + song):00}_{500 + 100 * window}";
                        Sound(Path.Combine(top, "chunk", split, classes[c], stem + ".wav"), Audible + 100 * c + 10 * song + window + 1);
                        Image(Path.Combine(top, "img", split, classes[c], stem + ".png"), (byte)(100 * c + 10 * song + window + 1));
                    }
    }

    /// <summary>Level of the sound above <see cref="Audible"/> and gray of the image, as the fixture wrote them.</summary>
    private protected static (int Sound, int Image) Levels(PairSplit split, int sound, int image)
    {
        var samples = new float[PairSplit.SoundLength];
        var pixels = new float[split.ImageLength];
        split.ReadSound(sound, samples);
        split.ReadImage(image, pixels);
        Assert.Equal(-1, samples.AsSpan().IndexOfAnyExcept(samples[0]));
        return ((int)MathF.Round(samples[0] * 32768) - Audible, (int)MathF.Round((pixels[0] + 1) * 127.5f));
    }
}
