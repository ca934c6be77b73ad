using System.Numerics;
using System.Runtime.InteropServices;
using CrossModal.Kernels;

namespace CrossModal.Data;

/// <summary>The sounds and images of one split, and the ways to pair them. Both are ordered by class. Reading allocates nothing.</summary>
internal sealed class PairSplit
{
    /// <summary>Samples of a sound, at 44.1 kHz.</summary>
    public const int SoundLength = SoundWindow.Length;


    /// <summary>Windows that begin closer together than this share sound, and their images show the same pose.</summary>
    private const int WindowMilliseconds = 500;

    private static readonly float[] Shades = [.. Enumerable.Range(0, 256).Select(value => value / 127.5f - 1)];

    private readonly SampleCache _cache;

    private readonly bool _paired;

    private readonly Item[] _sounds, _images;

    /// <summary>Where each class begins, with the count at the end.</summary>
    private readonly int[] _soundStarts, _imageStarts;

    /// <summary>Classes that have images, and those that have sounds.</summary>
    private readonly int[] _shownClasses, _heardClasses;

    /// <summary>A sample: where it lies in the cache, and its file.</summary>
    private readonly record struct Item(int Place, DataFile File, int Window);

    internal PairSplit(Split split, SampleList list, SampleCache cache, bool cacheHoldsAll)
    {
        _cache = cache;
        _paired = list.Index.Layout.IsPaired;
        var usable = UsableSamples.Of(list, cacheHoldsAll ? cache.Faults.Of(list) : cache.Faults);
        _sounds = [.. usable.Sounds(split).Select(i => new Item(cacheHoldsAll ? list.SoundPlaces[i] : i,
            list.Index.Sounds[list.Sounds[i].File], list.Sounds[i].Number))];
        _images = [.. usable.Images(split).Select(i => new Item(cacheHoldsAll ? list.ImagePlaces[i] : i,
            list.Index.Images[list.Images[i]], 0))];
        (_soundStarts, _imageStarts) = (Starts(_sounds, list.Index.Classes.Length), Starts(_images, list.Index.Classes.Length));
        (_shownClasses, _heardClasses) = (Present(_imageStarts), Present(_soundStarts));
    }

    /// <summary>Width and height of an image.</summary>
    public int ImageSize => _cache.ImageSize;

    /// <summary>Values of an image: height × width × 3.</summary>
    public int ImageLength => SampleCache.BytesOf(ImageSize);

    /// <summary>Pairs in one epoch: one for each sound.</summary>
    public int Count => _sounds.Length;

    public int SoundCount => _sounds.Length;

    public int ImageCount => _images.Length;

    public int SoundClass(int sound) => _sounds[sound].File.Class;

    public int ImageClass(int image) => _images[image].File.Class;

    /// <summary>Relative path, and for a recording with several windows the time at which this one begins.</summary>
    public string SoundName(int sound) => _sounds[sound] is { Window: > 0 } item
        ? $"{item.File.RelativePath} at {item.Window * (double)SoundWindow.Hop / SoundWindow.Rate:F2} s"
        : _sounds[sound].File.RelativePath;

    public string ImageName(int image) => _images[image].File.RelativePath;

    /// <summary>The song of a sound, unique within its class and split.</summary>
    public int Song(int sound) => _sounds[sound].File.Song;

    /// <summary>
    /// The song of an image, likewise; where sounds and images belong together by class only, a number of its own for each image file.
    /// </summary>
    public int ImageSong(int image) => _images[image].File.Song;

    /// <summary>Fills <paramref name="samples"/> (22050) with amplitudes in [-1, 1].</summary>
    public void ReadSound(int sound, Span<float> samples)
    {
        RequireLength(samples.Length, SoundLength, nameof(samples));
        Span<short> stored = stackalloc short[SoundLength];
        _cache.ReadSound(_sounds[sound].Place, stored);
        var from = MemoryMarshal.Cast<short, Vector<short>>(stored);
        var to = MemoryMarshal.Cast<float, Vector<float>>(samples);
        var scale = new Vector<float>(1f / 32768f);
        for (var i = 0; i < from.Length; i++)
        {
            Vector.Widen(from[i], out var low, out var high);
            to[2 * i] = Vector.ConvertToSingle(low) * scale;
            to[2 * i + 1] = Vector.ConvertToSingle(high) * scale;
        }

        for (var i = from.Length * Vector<short>.Count; i < stored.Length; i++)
            samples[i] = stored[i] * (1f / 32768f);
    }

    /// <summary>Fills <paramref name="pixels"/> (size × size × 3: rows, columns, red, green and blue) with values in [-1, 1].</summary>
    public void ReadImage(int image, Span<float> pixels)
    {
        RequireLength(pixels.Length, ImageLength, nameof(pixels));
        Span<byte> stored = stackalloc byte[ImageLength];
        _cache.ReadImage(_images[image].Place, stored);
        for (var i = 0; i < stored.Length; i++)
            pixels[i] = Shades[stored[i]];
    }

    /// <summary>
    /// The pair number <paramref name="i"/>: of the same stem, or, where only the class is known, an image of the class drawn anew each
    /// epoch.
    /// </summary>
    public (int Sound, int Image) Pair(int i, ulong seed, int epoch)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)i, (uint)_sounds.Length);
        if (_paired)
            return (i, i);
        var first = _imageStarts[SoundClass(i)];
        var count = _imageStarts[SoundClass(i) + 1] - first;
        var bits = Philox.Block(seed, (ulong)i, RandomStreams.Pairs | (uint)epoch).A;
        return (i, first + (int)(((ulong)bits * (ulong)count) >> 32));
    }

    /// <summary>
    /// An image that does not belong to the sound: of another class, each other class as likely, each of its images as likely.
    /// </summary>
    /// <exception cref="InvalidOperationException">No other class has images.</exception>
    public int WrongImage(int sound, CountedRandom random) => OfAnotherClass(SoundClass(sound), _imageStarts, _shownClasses, random);

    /// <summary>A sound that does not belong to the image, likewise.</summary>
    /// <exception cref="InvalidOperationException">No other class has sounds.</exception>
    public int WrongSound(int image, CountedRandom random) => OfAnotherClass(ImageClass(image), _soundStarts, _heardClasses, random);

    /// <summary>
    /// An image of the same class in another pose: of another song, or of the same song at a time that does not overlap. Where the class
    /// has no such image, any of its images but the sound's own; where it has a single one, that.
    /// </summary>
    public int WrongPose(int sound, CountedRandom random) => InAnotherPose(_sounds[sound].File, sound, _images, _imageStarts, random);

    /// <summary>A sound of the same class that asks for another pose than the image shows, likewise.</summary>
    public int WrongPoseSound(int image, CountedRandom random) => InAnotherPose(_images[image].File, image, _sounds, _soundStarts, random);

    /// <summary>The order of an epoch: every pair once.</summary>
    public int[] Shuffled(ulong seed, int epoch)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        new CountedRandom(seed, RandomStreams.PairOrder | (uint)epoch).Shuffle<int>(order);
        return order;
    }

    private static int OfAnotherClass(int ownClass, int[] starts, int[] present, CountedRandom random)
    {
        var own = Array.BinarySearch(present, ownClass);
        if (present.Length < 2)
            throw new InvalidOperationException("there are no samples of another class");
        var drawn = random.NextInt(present.Length - 1);
        var chosen = present[own < 0 || drawn < own ? drawn : drawn + 1];
        return starts[chosen] + random.NextInt(starts[chosen + 1] - starts[chosen]);
    }

    private int InAnotherPose(DataFile own, int ownIndex, Item[] others, int[] starts, CountedRandom random)
    {
        const int Tries = 64;
        var first = starts[own.Class];
        var count = starts[own.Class + 1] - first;
        var drawn = first + random.NextInt(count);
        for (var i = 0; i < Tries && IsSamePose(own, others[drawn].File); i++)
            drawn = first + random.NextInt(count);
        return _paired && drawn == ownIndex && count > 1 ? first + (drawn - first + 1) % count : drawn;
    }

    /// <summary>
    /// Where sounds and images are paired by class only, songs of the two have nothing to do with each other, and any image will do.
    /// </summary>
    private bool IsSamePose(DataFile sound, DataFile image) =>
        _paired && sound.Song == image.Song && Math.Abs(sound.Milliseconds - image.Milliseconds) < WindowMilliseconds;

    private static int[] Present(int[] starts) => [.. Enumerable.Range(0, starts.Length - 1).Where(i => starts[i + 1] > starts[i])];

    private static int[] Starts(Item[] items, int classes)
    {
        var starts = new int[classes + 1];
        foreach (var item in items)
            starts[item.File.Class + 1]++;
        for (var i = 0; i < classes; i++)
            starts[i + 1] += starts[i];
        return starts;
    }

    private static void RequireLength(int length, int needed, string name)
    {
        if (length != needed)
            throw new ArgumentException($"has room for {length} values, {needed} are read", name);
    }
}
