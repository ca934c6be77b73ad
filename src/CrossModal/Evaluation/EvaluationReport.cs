using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Evaluation.Metrics;
using CrossModal.Kernels;
using CrossModal.Runs;
using CrossModal.Training;

namespace CrossModal.Evaluation;

/// <summary>Accuracy of generated samples on one split. Accuracies are shares, 0 to 1.</summary>
/// <param name="Accuracy">The share of samples that the judge names as the class of their condition.</param>
/// <param name="MacroAccuracy">The mean over classes of each class's own share: every class counts the same.</param>
/// <param name="Count">Samples that were named.</param>
/// <param name="Classes">The share of each class, by name.</param>
public sealed record SplitAccuracy(double Accuracy, double MacroAccuracy, int Count, IReadOnlyDictionary<string, double> Classes)
{
    /// <summary>Everything else that was measured, with intervals; null for a classifier.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MetricsReport? Metrics { get; init; }

    internal static SplitAccuracy Of(ConfusionMatrix matrix) => new(matrix.Accuracy, matrix.MacroAccuracy, matrix.Count,
        Enumerable.Range(0, matrix.Classes.Count).Where(c => matrix.Total(c) > 0)
            .ToDictionary(c => matrix.Classes[c], matrix.ClassAccuracy));
}

/// <summary>What <c>evaluation.json</c> holds. Accuracies are shares, 0 to 1.</summary>
/// <param name="JudgeRealAccuracy">Of the judge on real validation samples: how far it can be trusted.</param>
/// <param name="SoundClassifierAccuracy">Of the encoder of sounds on validation sounds, where it is a classifier.</param>
/// <param name="ImageEncoderAccuracy">Of the encoder of images on validation images.</param>
/// <param name="ChanceAccuracy">One over the number of classes.</param>
/// <param name="Step">The training step of the weights that were measured.</param>
/// <param name="Train">Of samples of training conditions.</param>
/// <param name="Validation">Of samples of validation conditions.</param>
/// <param name="Epochs">The accuracies after each epoch of the training.</param>
public sealed record EvaluationReport(double JudgeRealAccuracy, double? SoundClassifierAccuracy, double? ImageEncoderAccuracy,
    double ChanceAccuracy, long Step, SplitAccuracy Train, SplitAccuracy Validation,
    IReadOnlyList<EpochAccuracy> Epochs)
{
    /// <summary>The same of the other direction, where a run has both; the rest is then of sound to image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EvaluationReport? ImageToSound { get; init; }

    /// <summary>Image to sound: what the judge hears in the sounds that are made of the spectrograms.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public WaveformAccuracy? Waveforms { get; init; }

    /// <summary>Pose scenario: whether pictures show the pose that their sound asks for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public PoseReport? Pose { get; init; }

    /// <summary>What was measured: the data and the weights.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public MeasuredObject? Measured { get; init; }

    private static readonly JsonFile<EvaluationReport> File = new(EvaluationJson.Default.EvaluationReport, "evaluation of a run",
        "remove it to have the run measured again");

    /// <exception cref="BadInputException">The file is absent or damaged.</exception>
    internal static EvaluationReport Read(string path) => File.Read(path);

    internal void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, EvaluationJson.Default.EvaluationReport));
}

/// <summary>What figures are of.</summary>
/// <param name="Data"><c>synthetic</c>, or the folder of the data.</param>
/// <param name="DataFingerprint">64 hexadecimal digits that other data do not have.</param>
/// <param name="OwnData">Whether the run was trained on these data.</param>
/// <param name="Checkpoint">The file with the weights, in the run folder.</param>
/// <param name="CheckpointSha256">Of that file: 64 hexadecimal digits.</param>
public sealed record MeasuredObject(string Data, string DataFingerprint, bool OwnData, string Checkpoint, string CheckpointSha256)
{
    /// <param name="checkpoint">Of the weights that were measured.</param>
    internal static MeasuredObject Of(RunContext context, string checkpoint)
    {
        using var file = File.OpenRead(checkpoint);
        return new MeasuredObject(context.Data.Name, context.Data.Pairs.Fingerprint, context.HasOwnData,
            Path.GetRelativePath(context.Folder.Path, checkpoint).Replace('\\', '/'), Convert.ToHexStringLower(SHA256.HashData(file)));
    }
}

/// <summary>What <c>evaluation.json</c> holds for a classifier alone.</summary>
internal sealed record ClassifierReport(SplitAccuracy Validation, MeasuredObject Measured)
{
    public void Write(string path) => AtomicFile.WriteText(path, JsonSerializer.Serialize(this, EvaluationJson.Default.ClassifierReport));
}

/// <summary>What <c>evaluation.json</c> holds for a sound autoencoder alone.</summary>
internal sealed record ReconstructionReport(Reconstruction Validation, MeasuredObject Measured)
{
    public void Write(string path) =>
        AtomicFile.WriteText(path, JsonSerializer.Serialize(this, EvaluationJson.Default.ReconstructionReport));
}
