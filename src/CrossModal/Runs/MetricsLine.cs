using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CrossModal.Kernels;

namespace CrossModal.Runs;

/// <summary>One line of <c>metrics.jsonl</c>: what a stage measured after an epoch.</summary>
/// <param name="Step">Steps of the GAN that were made; 0 for what is trained before it.</param>
/// <param name="Stage">What was trained.</param>
internal sealed record MetricsLine([property: Within(0, long.MaxValue)] long Step, string Stage)
{
    /// <summary>Letters that a line may have; ours have some hundreds.</summary>
    public const int Longest = 1 << 16;

    private static readonly JsonFile<MetricsLine> File = new(RunJson.Default.MetricsLine, "line of metrics", "it is passed over");

    /// <summary>From 1.</summary>
    [Within(0, int.MaxValue)]
    public int? Epoch { get; init; }

    /// <summary>Where samples were measured, the share that was named right.</summary>
    [Within(0, 1)]
    public double? TrainAccuracy { get; init; }

    /// <summary>Likewise, of validation conditions.</summary>
    [Within(0, 1)]
    public double? ValidationAccuracy { get; init; }

    /// <summary>The line as it was written.</summary>
    [JsonIgnore]
    public string Text { get; init; } = "";

    /// <summary>Everything that the line says.</summary>
    [JsonIgnore]
    public JsonObject Values => JsonNode.Parse(Text)!.AsObject();

    /// <summary>The accuracies of samples, where the line has them.</summary>
    [JsonIgnore]
    public EpochAccuracy? Accuracy => (Epoch, TrainAccuracy, ValidationAccuracy) is ({ } epoch, { } train, { } validation)
        ? new EpochAccuracy(epoch, train, validation) : null;

    /// <summary>The line, or null where it is none of ours.</summary>
    public static MetricsLine? Parse(string text)
    {
        try
        {
            return text.Length > Longest ? null : File.Parse(text, "metrics") with { Text = text };
        }
        catch (BadInputException)
        {
            return null;
        }
    }
}
