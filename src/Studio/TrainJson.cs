using System.Text.Json.Serialization;

namespace CrossModal.Studio;

/// <summary>What the page asks to train.</summary>
/// <param name="Model"><c>s2i</c>, <c>i2s</c> or <c>cmcgan</c>; ignored where a run is continued.</param>
/// <param name="Name">Of the run folder that is made; empty for one of its own.</param>
/// <param name="Continue">The run to continue, by its name on the shelf; null to begin one.</param>
internal sealed record TrainRequest(string Model, string Preset, string Scenario, int? Epochs, int? Pairs, ulong Seed, string Name,
    string? Continue);

/// <summary>What is going on at the training desk.</summary>
/// <param name="State"><c>idle</c>, <c>training</c>, <c>pausing</c>, <c>paused</c>, <c>stopping</c>, <c>finished</c>, <c>stopped</c> or
/// <c>failed</c>.</param>
/// <param name="Run">The run's name on the shelf.</param>
/// <param name="Stage">The part that is worked on, with how much of it is done.</param>
/// <param name="SecondsLeft">Of this stage, at the rate so far; null where that cannot be told yet.</param>
/// <param name="Message">What a user should read: a warning, an error, what was done.</param>
internal sealed record TrainState(string State, string? Run, string? Stage, long Done, long Total, string? Unit, string? Detail,
    double? SecondsLeft, string? Message)
{
    /// <summary>The last step of the GAN; null before the first.</summary>
    public StepNow? Step { get; init; }

    /// <summary>Changes with each epoch: there is something new in the run folder.</summary>
    public long Files { get; init; }
}

/// <summary>The last step of a training, as numbers beside the curves.</summary>
/// <param name="Milliseconds">Of the step; null where something else came before it.</param>
/// <param name="DeviceBytes">The most that the device has held.</param>
/// <param name="ProcessBytes">The working set of the program that trains, which is the studio.</param>
internal sealed record StepNow(long Step, double LearningRate, double? Milliseconds, int Batch, long DeviceBytes, long ProcessBytes,
    double? DiscriminatorGradient, double? GeneratorGradient);

/// <summary>
/// The steps of a run, column by column; a list is null where no step has such a number. Either all points there are, or those after the
/// one that was asked for.
/// </summary>
/// <param name="Stride">Steps that a new point stands for. Once it has changed, all points are new.</param>
/// <param name="Whole">Whether these are all points.</param>
/// <param name="Bins">Equal parts that scores from 0 to 1 are counted in.</param>
/// <param name="Scores">A row for each point: real, wrong and generated pairs in each part, the most of a kind being 255.</param>
internal sealed record StepTable(int Stride, bool Whole, long[] Step, float[] LearningRate, float[] DiscriminatorLoss,
    float[] GeneratorLoss, float[] ScoreReal, float?[]? ScoreWrong, float[] ScoreFake, float?[]? Milliseconds,
    float?[]? DiscriminatorGradient, float?[]? GeneratorGradient, int Bins, byte[]?[]? Scores);

/// <summary>The scores of each pair of one of the last steps, a byte each: 0 for 0, 255 for 1.</summary>
internal sealed record StepSamples(long Step, byte[] Real, byte[] Wrong, byte[] Fake);

/// <summary>How training and runs are said in JSON. Made at build time: a trimmed program has no reflection to make it with.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TrainRequest))]
[JsonSerializable(typeof(TrainState))]
[JsonSerializable(typeof(StepTable))]
[JsonSerializable(typeof(IReadOnlyList<StepSamples>), TypeInfoPropertyName = "Samples")]
internal sealed partial class TrainJson : JsonSerializerContext;
