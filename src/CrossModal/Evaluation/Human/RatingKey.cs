using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Kernels;

namespace CrossModal.Evaluation.Human;

/// <summary>What one picture of a page is.</summary>
/// <param name="Id">Its name in the page, which tells nothing.</param>
/// <param name="Source">As <see cref="RatingSource.Name"/>.</param>
/// <param name="Generated">Whether a run drew it.</param>
/// <param name="Instrument">The class of its sound.</param>
/// <param name="Sound">The sound's name in the data set.</param>
internal sealed record RatingKeyItem(string Id, string Source, bool Generated, string Instrument, string Sound);

/// <summary>A run whose pictures are rated: what it drew them from, and with which weights.</summary>
/// <param name="Source">As <see cref="RatingSource.Name"/>.</param>
/// <param name="Data"><c>synthetic</c>, or the folder of the data.</param>
/// <param name="DataFingerprint">64 hexadecimal digits that other data do not have.</param>
/// <param name="Checkpoint">The file with the weights, in the run folder.</param>
/// <param name="CheckpointSha256">Of that file: 64 hexadecimal digits.</param>
internal sealed record RatedRun(string Source, string Data, string DataFingerprint, string Checkpoint, string CheckpointSha256);

/// <summary>What raters must not see of a page: which picture comes from where. It lies beside the page as <c>key.json</c>.</summary>
/// <param name="Format"><see cref="FormatName"/>.</param>
/// <param name="Version"><see cref="FormatVersion"/>.</param>
/// <param name="Page">The page's id.</param>
/// <param name="Seed">What the order was drawn from.</param>
/// <param name="Items">In the order of the page.</param>
/// <param name="Checksum">Over all of the above.</param>
internal sealed record RatingKey(string Format, int Version, string Page, ulong Seed,
    [property: Distinct("id")] IReadOnlyList<RatingKeyItem> Items, string Checksum)
{
    public const string FormatName = "crossmodal-rating-key", FileName = "key.json";

    public const int FormatVersion = 1;

    /// <summary>The runs whose pictures are rated; null in a key of before.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RatedRun>? Runs { get; init; }

    private const string Remedy = "give the key.json that `human-eval prepare` wrote beside the page";

    private static readonly JsonFile<RatingKey> File = new(RatingJson.Default.RatingKey, "key of a rating page", Remedy)
    {
        Foreign = written => RatingFormat.Of(written) is var format && format.Name != FormatName ? $"is no key of a rating page; {Remedy}"
            : format.Version != FormatVersion ? $"is a key of version {format.Version}, this program reads version {FormatVersion}; score "
                + "it with the program that made it"
            : null,
    };

    /// <summary>A key with its checksum.</summary>
    public static RatingKey Create(string page, ulong seed, IReadOnlyList<RatingKeyItem> items, IReadOnlyList<RatedRun>? runs = null)
    {
        var key = new RatingKey(FormatName, FormatVersion, page, seed, items, "") { Runs = runs };
        return key with { Checksum = key.ExpectedChecksum() };
    }

    /// <exception cref="BadInputException">The file is missing, no key, of another version, or was changed.</exception>
    public static RatingKey Read(string path)
    {
        var key = File.Read(path);
        if (key.Checksum != key.ExpectedChecksum())
            throw new BadInputException(
                $"{path}: was changed after it was written (its checksum is another); put the key back as `human-eval prepare` wrote it");
        return key;
    }

    /// <summary>Writes the key, whole or not at all.</summary>
    public void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, RatingJson.Default.RatingKey) + "\n");

    private string ExpectedChecksum() => RatingChecksum.Of(
    [
        $"{Format} {Version}", Page, $"{Seed}",
        .. Items.Select(item => $"{item.Id}\t{item.Source}\t{(item.Generated ? "generated" : "real")}\t{item.Instrument}\t{item.Sound}"),
        .. (Runs ?? []).Select(run => $"{run.Source}\t{run.Data}\t{run.DataFingerprint}\t{run.Checkpoint}\t{run.CheckpointSha256}"),
    ]);
}
