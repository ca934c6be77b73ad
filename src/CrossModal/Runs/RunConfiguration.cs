using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Tensors;

namespace CrossModal.Runs;

/// <summary>How a classifier is trained, or another of the networks beside the GAN.</summary>
internal sealed record ClassifierSettings
{
    public int Epochs { get; init; } = 20;

    /// <summary>On few examples there are more epochs, so that there are at least so many steps.</summary>
    public int MinimumSteps { get; init; } = 600;

    public int Batch { get; init; } = 64;

    public double LearningRate { get; init; } = 1e-3;

    /// <summary>L2 on the fully connected layers (Chen et al. 2017, Fig. 4).</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Training pictures are shifted by up to so many pixels; sounds by so many frames.</summary>
    public int Shift { get; init; } = 2;

    /// <summary>
    /// Training pictures are mirrored, and magnified or reduced by a factor of up to 1 + zoom; 0: neither. Of the encoder of images alone.
    /// </summary>
    public double Zoom { get; init; }

    /// <summary>The epochs that there will be with so many steps in each.</summary>
    public int EpochsOf(int stepsPerEpoch) => Math.Max(Epochs, (MinimumSteps + stepsPerEpoch - 1) / stepsPerEpoch);
}

/// <summary>How the GAN is trained; the defaults are the preset <c>paper</c>.</summary>
internal sealed record GanSettings
{
    public int Epochs { get; init; } = 200;

    /// <summary>Stops after so many steps, whatever the epoch; 0: never.</summary>
    public int Steps { get; init; }

    public int Batch { get; init; } = 64;

    public double LearningRate { get; init; } = 2e-4;

    public double Beta1 { get; init; } = 0.5;

    public double Beta2 { get; init; } = 0.999;

    /// <summary>The learning rate is halved each time so many epochs have passed.</summary>
    public int HalveEvery { get; init; } = 100;

    /// <summary>Decay of the moving average of the generator's weights; 0: samples are made with the weights as they are.</summary>
    public double Ema { get; init; }

    /// <summary>
    /// Weight of the generator's mode-seeking term, which makes it listen to the noise; 0: none, and no second pass of the generator.
    /// </summary>
    public double ModeSeeking { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<AdversarialLoss>))]
    public AdversarialLoss Loss { get; init; }

    /// <summary>
    /// Whether the discriminator also sees real samples that do not belong to the condition (Reed et al. 2016); the paper's variant S2I-N
    /// has none.
    /// </summary>
    public bool WrongPairs { get; init; } = true;

    /// <summary>The discriminator's learning rate in multiples of the generator's (two time scales, Heusel et al. 2017).</summary>
    public double DiscriminatorRateRatio { get; init; } = 1;

    /// <summary>What cross-entropy asks of real pairs; 0.9 is one-sided label smoothing (Salimans et al. 2016).</summary>
    public double RealTarget { get; init; } = 1;

    /// <summary>γ of the gradient penalty γ/2 · ‖∂D/∂x‖² at real samples (R1, Mescheder et al. 2018); 0: none.</summary>
    public double R1 { get; init; }

    /// <summary>The penalty is computed every so many steps, and counts so many times (lazy regularization, Karras et al. 2020).</summary>
    public int R1Every { get; init; } = 16;

    /// <summary>Whether the discriminator sees real, wrong and fake samples changed at random (DiffAugment, Zhao et al. 2020).</summary>
    public bool Augment { get; init; }

    /// <summary>Weight of the auxiliary classifier's loss in both players' losses (Odena et al. 2017); 0: no such head.</summary>
    public double Auxiliary { get; init; }

    /// <summary>
    /// Weight, in both players' losses, of the head that tells from the sample what its condition's code says beside its class; 0: no such
    /// head. The discriminator is to tell it of real samples and nothing of generated ones, the generator to let its own say what the real
    /// ones of the same conditions say.
    /// </summary>
    public double CodeHead { get; init; }
}

/// <summary>Where the condition's code comes from, and whether there are wrong pairs (Chen et al. 2017, Table 5).</summary>
internal enum Variant
{
    /// <summary>S2I-C: an encoder trained as a classifier, with wrong pairs.</summary>
    C,

    /// <summary>S2I-N: the same without wrong pairs.</summary>
    N,

    /// <summary>S2I-A: an encoder trained as an autoencoder, with wrong pairs.</summary>
    A,
}

/// <summary>
/// All that decides what a run computes. It is written into the run folder as <c>run.json</c>, and a resumed run must have the same.
/// </summary>
internal sealed record RunConfiguration
{
    public required string Command { get; init; }

    public required string Data { get; init; }

    public string DataFingerprint { get; init; } = "";

    public IReadOnlyList<string> Classes { get; init; } = [];

    public required string Preset { get; init; }

    public required string Device { get; init; }

    /// <summary>How products and convolutions round what they multiply.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<Precision>))]
    public Precision Precision { get; init; }

    public required ulong Seed { get; init; }

    /// <summary>At most so many training pairs; 0: all.</summary>
    public int Pairs { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<Variant>))]
    public Variant Variant { get; init; }

    [JsonConverter(typeof(JsonStringEnumConverter<Scenario>))]
    public Scenario Scenario { get; init; }

    /// <summary>
    /// Which way the run goes; its command says so. Both, and sound to image first, where it is that of <c>train cmcgan</c>.
    /// </summary>
    [JsonIgnore]
    public Direction Direction =>
        Command == GanTraining.CommandOf(Direction.ImageToSound) ? Direction.ImageToSound : Direction.SoundToImage;

    public ModelConfiguration Model { get; init; } = new();

    public ClassifierSettings SoundClassifier { get; init; } = new();

    public ClassifierSettings SoundAutoencoder { get; init; } = new() { Epochs = 40, WeightDecay = 0 };

    /// <summary>The encoder of the pose scenario.</summary>
    public ClassifierSettings SoundEncoder { get; init; } = new() { Epochs = 30, LearningRate = 2e-3, WeightDecay = 0 };

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
    public static RunConfiguration Create(string command, RunOptions options, Device device)
    {
        var preset = Presets.Find(options.Preset ?? RunOptions.StandardPreset);
        if (options is { Epochs: not null, Steps: not null })
            throw new BadInputException("--epochs and --steps: give one of them");
        var variant = options.Variant ?? preset.Variant;
        var scenario = options.Scenario ?? preset.Scenario;
        if (scenario == Scenario.Pose && preset.Preset != Presets.Paper.Preset)
            preset = preset with { Gan = preset.Gan with { CodeHead = PoseCodeHead, Auxiliary = PoseAuxiliary, Augment = false } };
        if (command == CmcganTraining.Command)
            preset = CmcganPresets.Over(preset);
        preset = options.Gan.Over(preset) with { Cmcgan = options.Cmcgan.Over(preset.Cmcgan) };
        return preset with
        {
            Command = command,
            Data = Locate(options.Data ?? RunOptions.StandardData),
            Device = device.Name,
            Precision = device.Precision,
            Seed = options.Seed ?? RunOptions.StandardSeed,
            Pairs = options.Pairs ?? preset.Pairs,
            Variant = variant,
            Scenario = scenario,
            Model = command == GanTraining.CommandOf(Direction.ImageToSound) ? preset.Model with { Channels = 1 } : preset.Model,
            Gan = preset.Gan with
            {
                Epochs = options.Epochs ?? (options.Steps is null ? preset.Gan.Epochs : int.MaxValue),
                Steps = options.Steps ?? 0,
                Batch = options.Batch ?? preset.Gan.Batch,
                WrongPairs = variant != Variant.N,
            },
        };
    }

    /// <summary>What <see cref="Cmcgan"/> was called in files before CMCGAN had its own name.</summary>
    private const string OldCmcganName = "cycle";

    public string ToJson() => JsonSerializer.Serialize(this, ReportJson.Default.RunConfiguration);

    /// <exception cref="BadInputException">The folder is not a run, or its description is damaged.</exception>
    public static RunConfiguration Read(string path)
    {
        try
        {
            return FromJson(File.ReadAllText(path));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BadInputException($"{path}: not found; give the folder of a run, as `train` wrote it", error);
        }
        catch (JsonException error)
        {
            throw new BadInputException(
                $"{path}: not a run's description ({error.Message.Split('.')[0]}); the file was changed or cut", error);
        }
    }

    /// <summary>
    /// Readers that are made at build time give a property that a file lacks (of an older version, say) its type's zero, not the default
    /// that stands behind it. So what the file has is laid over a description that has everything.
    /// </summary>
    /// <exception cref="JsonException">No JSON, or something is missing that has no default.</exception>
    private static RunConfiguration FromJson(string text)
    {
        var read = JsonSerializer.Deserialize(text, ReportJson.Default.RunConfiguration) ?? throw new JsonException("empty");
        var standard = new RunConfiguration
        {
            Command = read.Command,
            Data = read.Data,
            Preset = read.Preset,
            Device = read.Device,
            Seed = read.Seed
        };
        var (whole, written) = (Parse(standard.ToJson()), Parse(text));
        if (written.Remove(OldCmcganName, out var terms))
            written["cmcgan"] = terms;
        Lay(written, whole);
        return whole.Deserialize(ReportJson.Default.RunConfiguration)!;

        static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

        static void Lay(JsonObject over, JsonObject under)
        {
            foreach (var (name, value) in over)
            {
                if (value is JsonObject part && under[name] is JsonObject place)
                    Lay(part, place);
                else
                    under[name] = value?.DeepClone();
            }
        }
    }

    /// <summary>The data as a run remembers them: <c>synthetic</c>, or a folder from the root.</summary>
    public static string Locate(string data) => data == "synthetic" ? data : Path.GetFullPath(data);
}
