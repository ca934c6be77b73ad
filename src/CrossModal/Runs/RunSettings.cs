using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Audio;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Runs;

/// <summary>
/// All that decides what a run computes. It is written into the run folder as <c>run.json</c>, and a resumed run must have the same.
/// </summary>
internal sealed record RunSettings
{
    [JsonPropertyName("command")]
    public required RunKind Kind { get; init; }

    public required string Data { get; init; }

    public string DataFingerprint { get; init; } = "";

    [Distinct]
    public IReadOnlyList<string> Classes { get; init; } = [];

    public required string Preset { get; init; }

    public required string Device { get; init; }

    /// <summary>How products and convolutions round what they multiply.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
    public Precision Precision { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>At most so many training pairs; 0: all.</summary>
    [Within(0, int.MaxValue)]
    public int Pairs { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<Variant>))]
    public Variant Variant { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<Scenario>))]
    public Scenario Scenario { get; init; }

    /// <summary>What makes the codes that the GAN is conditioned on.</summary>
    [JsonIgnore]
    public EncoderKind Encoder => Kind.HasBothDirections ? EncoderKind.PartOfModel
        : Kind.Directions is [Direction.ImageToSound] ? EncoderKind.ImageClassifier
        : Variant == Variant.A ? EncoderKind.SoundAutoencoder
        : Scenario == Scenario.Pose ? EncoderKind.JointSoundEncoder
        : EncoderKind.SoundClassifier;

    /// <summary>Classes that the head behind the codes of CMCGAN names; 0 without that head.</summary>
    [JsonIgnore]
    public int CodeClasses => Cmcgan.CodeClasses > 0 ? Classes.Count : 0;

    /// <summary>What the names of the weights that samples are made with begin with in a checkpoint.</summary>
    [JsonIgnore]
    public string SampledWeights => Gan.Ema > 0 ? "ema" : "generator";

    public ModelSettings Model { get; init; } = new();

    public ClassifierSettings SoundClassifier { get; init; } = new();

    public ClassifierSettings SoundAutoencoder { get; init; } = new() { Epochs = 40, WeightDecay = 0 };

    /// <summary>The encoder of the pose scenario.</summary>
    public ClassifierSettings SoundEncoder { get; init; } = new() { Epochs = 60, LearningRate = 2e-3, WeightDecay = 0 };

    /// <summary>The judge of images.</summary>
    public ClassifierSettings ImageClassifier { get; init; } = new();

    /// <summary>The encoder of image to sound.</summary>
    public ClassifierSettings ImageEncoder { get; init; } = new();

    public ClassifierSettings PoseRegressor { get; init; } = new() { Epochs = 20 };

    public GanSettings Gan { get; init; } = new();

    /// <summary>Of <c>train cmcgan</c> alone.</summary>
    public CmcganSettings Cmcgan { get; init; } = new();

    public string Version { get; init; } = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "";

    public string Runtime { get; init; } = RuntimeInformation.FrameworkDescription;

    public string Platform { get; init; } = RuntimeInformation.RuntimeIdentifier;

    /// <summary>
    /// In the pose scenario, but for preset <c>paper</c>: weights of the head of the code and of the one that names the instrument. Wrong
    /// pairs of the same instrument alone teach the discriminator hardly anything: what they differ in is a few pixels. Augmentation is off
    /// there, because it moves and covers what the head is to see.
    /// </summary>
    private const double PoseCodeHead = 6, PoseAuxiliary = 1;

    /// <summary>The preset with the user's own choices laid over it.</summary>
    /// <exception cref="BadInputException">No such preset, or choices that exclude each other.</exception>
    public static RunSettings Create(RunKind kind, RunOptions options, Device device)
    {
        var preset = Presets.Find(options.Preset ?? RunOptions.StandardPreset);
        if (options is { Epochs: not null, Steps: not null })
            throw new BadInputException("epochs and steps: give one of them");
        var pose = options.Over(preset).Scenario == Scenario.Pose;
        if (kind != RunKind.SoundToImage)
            preset = Presets.ForSpectrograms(preset);
        else if (pose)
            preset = Presets.ForPoses(preset);
        if (pose && preset.Preset != Presets.Paper.Preset)
            preset = preset with { Gan = preset.Gan with { CodeHead = PoseCodeHead, Auxiliary = PoseAuxiliary, Augment = false } };
        if (kind == RunKind.Cmcgan)
            preset = CmcganPresets.Over(preset);
        preset = options.Over(preset);
        if (kind.Directions.Contains(Direction.ImageToSound) && preset.Model.ImageSize > LogMelLayout.LargestSquare)
        {
            throw new SettingException(SettingList.Size.Name,
                $"{preset.Model.ImageSize}: a spectrogram has at most {LogMelLayout.LargestSquare} frames and mels; choose 32, 64 or 128");
        }

        return preset with
        {
            Kind = kind,
            Data = Locate(options.Data ?? RunOptions.StandardData),
            Device = device.Name,
            Precision = device.Precision,
            Seed = options.Seed ?? RunOptions.StandardSeed,
            Pairs = options.Pairs ?? preset.Pairs,
            Model = kind == RunKind.ImageToSound ? preset.Model with { Channels = 1 } : preset.Model,
            Gan = preset.Gan with
            {
                Epochs = options.Epochs ?? (options.Steps is null ? preset.Gan.Epochs : int.MaxValue),
                Steps = options.Steps ?? 0,
                Batch = options.Batch ?? preset.Gan.Batch,
            },
        };
    }

    /// <summary>What <see cref="Cmcgan"/> was called in files before CMCGAN had its own name.</summary>
    private const string OldCmcganName = "cycle";

    /// <summary>What a file lacks, of an older version say, is as it is here.</summary>
    private static readonly JsonFile<RunSettings> File = new(RunJson.Default.RunSettings, "description of a run",
        "put the file back as training wrote it, or take another run")
    {
        Absent = "not found; give the folder of a run, as `train` wrote it",
        Defaults = new RunSettings { Kind = RunKind.SoundToImage, Data = "", Preset = "", Device = "", Seed = 0 },
        Rename = written =>
        {
            if (written.Remove(OldCmcganName, out var terms))
                written["cmcgan"] = terms;
        },
    };

    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Default.RunSettings);

    /// <exception cref="BadInputException">The folder is not a run, or its description is damaged.</exception>
    public static RunSettings Read(string path) => File.Read(path);

    /// <summary>The data as a run remembers them: <c>synthetic</c>, or a folder from the root.</summary>
    public static string Locate(string data) => data == "synthetic" ? data : Path.GetFullPath(data);
}
