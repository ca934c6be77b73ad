using System.Security.Cryptography;
using System.Text;

namespace CrossModal.Data;

/// <summary>
/// The sounds and images chosen from a data set, in the order in which a cache holds them, and the fingerprint of exactly these. Where
/// sounds and images are pairs, entry i of the one belongs to entry i of the other.
/// </summary>
internal sealed class SampleList
{
    /// <summary>Part of every fingerprint by times; raised whenever what is cached for the same files changes.</summary>
    private const int FormatVersion = 1;

    private SampleList(DatasetIndex index, SoundWindow[] sounds, int[] images, int[] soundPlaces, int[] imagePlaces)
    {
        (Index, Sounds, Images, SoundPlaces, ImagePlaces) = (index, sounds, images, soundPlaces, imagePlaces);
        Fingerprint = Hash();
    }

    public DatasetIndex Index { get; }

    public SoundWindow[] Sounds { get; }

    /// <summary>Places in <see cref="DatasetIndex.Images"/>.</summary>
    public int[] Images { get; }

    /// <summary>Place of each sound in the list of everything.</summary>
    public int[] SoundPlaces { get; }

    /// <summary>Place of each image in the list of everything.</summary>
    public int[] ImagePlaces { get; }

    /// <summary>
    /// 64 hexadecimal digits that caches are known by: classes, splits, names, sizes and times of change of the files, and the windows. No
    /// file is read for it, and none can change without changing it.
    /// </summary>
    public string Fingerprint { get; }

    public static SampleList All(DatasetIndex index) => All(index, SoundWindow.Of(index));

    /// <param name="sounds">The windows of all sounds.</param>
    public static SampleList All(DatasetIndex index, SoundWindow[] sounds)
    {

        // Of a pair whose sound is longer than a window, each window has the same image.
        int[] images = index.Layout.IsPaired ? [.. sounds.Select(sound => sound.File)] : [.. Enumerable.Range(0, index.Images.Count)];
        return new SampleList(index, sounds, images, [.. Enumerable.Range(0, sounds.Length)], [.. Enumerable.Range(0, images.Length)]);
    }

    /// <summary>At most <paramref name="limit"/> sounds and as many images in each split, spread evenly.</summary>
    public SampleList Limited(int limit, ulong seed)
    {
        var sounds = new List<int>();
        var images = new List<int>();
        foreach (var split in new[] { Split.Train, Split.Validation })
        {
            int[] candidates = [.. Enumerable.Range(0, Sounds.Length).Where(i => Index.Sounds[Sounds[i].File].Split == split)];
            sounds.AddRange(EvenSelection.Draw([.. candidates.Select(i => Of(Index.Sounds[Sounds[i].File]))], limit, seed)
                .Select(i => candidates[i]));
            if (Index.Layout.IsPaired)
                continue;
            candidates = [.. Enumerable.Range(0, Images.Length).Where(i => Index.Images[Images[i]].Split == split)];
            images.AddRange(EvenSelection.Draw([.. candidates.Select(i => Of(Index.Images[Images[i]]))], limit, seed)
                .Select(i => candidates[i]));
        }

        if (Index.Layout.IsPaired)
            images = sounds;
        return new SampleList(Index, [.. sounds.Select(i => Sounds[i])], [.. images.Select(i => Images[i])], [.. sounds], [.. images]);
    }

    private static (int Class, int Song) Of(DataFile file) => (file.Class, file.Song);

    private string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append($"{FormatVersion} {Index.Layout.Name} {string.Join('|', Index.Classes)}\n");
        foreach (var (file, number) in Sounds)
            Append($"sound {number} {Describe(Index.Sounds[file])}");
        foreach (var image in Images)
            Append($"image {Describe(Index.Images[image])}");
        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
        static string Describe(DataFile file) => $"{file.Class} {file.Split} {file.Bytes} {file.Modified} {file.RelativePath}\n";
    }
}
