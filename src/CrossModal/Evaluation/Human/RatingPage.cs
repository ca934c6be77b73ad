using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CrossModal.Audio;
using CrossModal.Data;
using CrossModal.Imaging;
using CrossModal.Kernels;
using SkiaSharp;

namespace CrossModal.Evaluation.Human;

/// <summary>
/// A web page in one file in which people rate pictures on the paper's scale of 0 to 3 (Chen et al. 2017), and the key that says which
/// picture is what. The page needs no network and no server; all that it knows of a picture is the picture, the sound and the sound's
/// instrument.
/// </summary>
internal sealed class RatingPage
{
    public const string FileName = "rating.html";

    private const string Template = "rating-page.html", Place = "{{page-data}}";

    private readonly string _html;

    private RatingPage(string id, string html, RatingKey key) => (Id, _html, Key) = (id, html, key);

    /// <summary>16 hexadecimal digits that change with any picture, sound, source or the order.</summary>
    public string Id { get; }

    /// <summary>The whole file.</summary>
    public string Html => _html;

    public RatingKey Key { get; }

    /// <summary>Shuffles the items and makes the page.</summary>
    /// <param name="runs">That drew those which are generated.</param>
    /// <exception cref="ArgumentException">There is nothing to rate.</exception>
    public static RatingPage Build(IReadOnlyList<RatingItem> items, ulong seed, IReadOnlyList<RatedRun>? runs = null)
    {
        if (items.Count == 0)
            throw new ArgumentException("there is nothing to rate", nameof(items));
        RatingItem[] shuffled = [.. items];
        new CountedRandom(seed, RandomStreams.RatingOrder).Shuffle<RatingItem>(shuffled);
        var (pictures, sounds) = (shuffled.Select(item => Png(item.Picture)).ToArray(), shuffled.Select(item => Wav(item.Sound)).ToArray());
        var page = Identify(shuffled, pictures, sounds, seed);
        string[] names = [.. Enumerable.Range(0, shuffled.Length).Select(i => NameOf(page, i))];
        var data = new PageData(page, [.. shuffled.Select((item, i) =>
            new PageItem(names[i], item.Instrument.Replace('_', ' '), Convert.ToBase64String(pictures[i]),
                Convert.ToBase64String(sounds[i])))]);
        var key = RatingKey.Create(page, seed,
            [.. shuffled.Select((item, i) =>
            new RatingKeyItem(names[i], item.Source.Name, item.Source.IsGenerated, item.Instrument, item.Id))], runs);
        return new RatingPage(page, ReadTemplate().Replace(Place, ToJson(data), StringComparison.Ordinal), key);
    }

    /// <summary>Writes the page and its key into a folder that has neither.</summary>
    /// <exception cref="BadInputException">One of them is there already, or the folder cannot be written.</exception>
    public void Write(string folder)
    {
        RequireEmptyPlace(folder);
        var key = Path.Combine(folder, RatingKey.FileName);
        Key.Write(key);
        try
        {
            AtomicFile.WriteText(Path.Combine(folder, FileName), _html);
        }
        catch
        {
            // A key without its page would forbid the next attempt.
            File.Delete(key);
            throw;
        }
    }

    /// <summary>A page may be with its raters, and its key cannot be made again once the run has gone on: neither is replaced.</summary>
    internal static void RequireEmptyPlace(string folder)
    {
        foreach (var name in new[] { FileName, RatingKey.FileName })
        {
            if (File.Exists(Path.Combine(folder, name)))
                throw new SettingException("output",
                    $"{Path.Combine(folder, name)}: is there already, and answers may belong to it; choose another folder");
        }

        if (File.Exists(folder))
            throw new SettingException("output", $"{folder}: is a file; choose a folder");
    }

    private static string Identify(RatingItem[] items, byte[][] pictures, byte[][] sounds, ulong seed)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{RatingKey.FormatName} {RatingKey.FormatVersion}\n{seed}\n"));
        for (var i = 0; i < items.Length; i++)
        {
            hash.AppendData(
                Encoding.UTF8.GetBytes($"{items[i].Id}\t{items[i].Instrument}\t{items[i].Source.Name}\t{items[i].Source.IsGenerated}\n"));
            hash.AppendData(pictures[i]);
            hash.AppendData(sounds[i]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..16];
    }

    /// <summary>A name made from the place in the page alone, so that it cannot tell where the picture comes from.</summary>
    private static string NameOf(string page, int place) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{page}/{place}")))[..12];

    private static byte[] Png(RgbImage picture)
    {
        using var image = ImageFile.ToSkia(picture);
        using var encoded = image.Encode(SKEncodedImageFormat.Png, 100);
        return encoded.ToArray();
    }

    private static byte[] Wav(float[] sound)
    {
        using var stream = new MemoryStream();
        WavFile.Write(stream, sound, 1, SoundWindow.Rate);
        return stream.ToArray();
    }

    /// <summary>
    /// The usual encoder writes each plus sign of base64 as six characters. What is left to escape inside of a script element is the sign
    /// that could end it.
    /// </summary>
    private static string ToJson(PageData data)
    {
        var layout = new RatingPageJson(new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping
        });
        return JsonSerializer.Serialize(data, layout.PageData).Replace("<", "\\u003C", StringComparison.Ordinal);
    }

    private static string ReadTemplate()
    {
        using var stream = typeof(RatingPage).Assembly.GetManifestResourceStream(Template)
            ?? throw new InvalidOperationException($"the program was built without {Template}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>All that the page knows.</summary>
    internal sealed record PageData(string Page, IReadOnlyList<PageItem> Items);

    /// <summary>One picture: its name, the instrument to show, PNG and WAV in base64.</summary>
    internal sealed record PageItem(string Id, string Instrument, string Picture, string Sound);
}
