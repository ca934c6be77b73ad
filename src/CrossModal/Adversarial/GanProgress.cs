using System.Globalization;
using System.Text.Json;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Models;

namespace CrossModal.Adversarial;

/// <summary>How far a GAN is, as the text beside a checkpoint's tensors says it.</summary>
/// <param name="Step">The step that comes next, from 0.</param>
/// <param name="Best">The best validation accuracy of an epoch so far; −1 before the first.</param>
/// <param name="Sum">The scores since the last line of metrics, added up.</param>
/// <param name="Summed">Of how many steps.</param>
internal sealed record GanProgress(long Step, double Best, GanScores Sum, int Summed)
{
    private const string Remedy = "it is no checkpoint of a training run, or damaged; take another one";

    /// <summary>A float that counts steps is exact up to here.</summary>
    private const int MostSummed = 1 << 24;

    private static readonly JsonFile<ModelSettings> Model = new(ModelJson.Default.ModelSettings, "description of the networks", Remedy)
    {
        Defaults = new ModelSettings(),
    };

    /// <summary>The progress that a checkpoint has.</summary>
    /// <exception cref="BadInputException">It is absent or damaged, or of no training run.</exception>
    public static GanProgress Read(string path) => Of(path, Checkpoint.ReadMetadata(path));

    /// <summary>The progress that the text of a checkpoint tells.</summary>
    /// <param name="path">The checkpoint, for messages.</param>
    /// <exception cref="BadInputException">It is of no training run, or damaged.</exception>
    public static GanProgress Of(string path, IReadOnlyDictionary<string, string> text)
    {
        var values = new TextValues(path, text, Remedy);
        var (step, best) = (values.Whole("step", 0), values.Number("best", -1, 1));
        if (values.Find("sums") is null)
            return new GanProgress(step, best, default, 0);
        var sums = values.Row("sums", GanScores.Count + 1);
        if (sums[GanScores.Count] is not (>= 0 and <= MostSummed) || !float.IsInteger(sums[GanScores.Count]))
            throw values.Refuse("sums", $"{GanScores.Count} sums and the number of steps in them");
        return new GanProgress(step, best, GanScores.Of(sums), (int)sums[GanScores.Count]);
    }

    /// <summary>The networks that a checkpoint was saved with; null where an old one does not tell.</summary>
    /// <exception cref="BadInputException">It is absent or damaged.</exception>
    public static ModelSettings? ReadModel(string path) =>
        Checkpoint.ReadMetadata(path).TryGetValue("model", out var text) ? Model.Parse(text, $"{path}: the networks") : null;

    /// <summary>The text beside a checkpoint's tensors.</summary>
    /// <param name="model">The networks in it.</param>
    public Dictionary<string, string> ToText(ModelSettings model) => new()
    {
        ["step"] = Step.ToString(CultureInfo.InvariantCulture),
        ["best"] = Best.ToString("R", CultureInfo.InvariantCulture),
        ["sums"] = $"{Sum.ToText()} {Summed}",
        ["model"] = JsonSerializer.Serialize(model, ModelJson.Default.ModelSettings),
    };
}
