using System.Text.Json.Serialization;
using CrossModal.Pipelines;

namespace CrossModal.Studio;

/// <summary>What the page asks of a step.</summary>
/// <param name="Discriminator">Whether it moves.</param>
/// <param name="Generator">Whether it moves.</param>
internal sealed record StepRequest(bool Discriminator, bool Generator, double LearningRate, double ModeSeeking, double Auxiliary,
    double CodeHead, double RealTarget, bool WrongPairs, int Pairs);

/// <summary>A run before a step: what can be set, and how it is.</summary>
/// <param name="StepsBefore">Steps that the checkpoint has behind it.</param>
/// <param name="Last">The last step that was made since; null before the first.</param>
/// <param name="HasWrongPairs">Whether the run knows wrong pairs.</param>
/// <param name="HasNames">Whether the discriminator has a head that names the instrument.</param>
/// <param name="HasCodes">Whether it has one that tells the code.</param>
internal sealed record StepStart(long StepsBefore, StepAnswer? Last, bool HasOptimizers, bool MakesImages, bool HasWrongPairs,
    bool HasNames, bool HasCodes, StepRequest Settings);

/// <summary>A tensor of a step, without its pictures.</summary>
/// <param name="Op">Null for what no op made.</param>
/// <param name="Derivatives">One an input.</param>
/// <param name="ForGenerator">Whether it was made for the generator's loss.</param>
/// <param name="GradientNorm">Null where no gradient came to it.</param>
internal sealed record StepNodeLine(string? Op, string Attributes, string Name, string Group, bool ForGenerator, IReadOnlyList<int> Inputs,
    IReadOnlyList<string> Derivatives, IReadOnlyList<int> Shape, bool HasGradient, double Norm, double? GradientNorm);

/// <summary>Numbers of a tensor: statistics of all, and tiles of some.</summary>
internal sealed record StepNumbersAnswer(float Least, float Most, float Mean, float Deviation, double Norm, float Zeros, float[] Values,
    int Count, int Row, int Height, int Width, int Channels, string What, PictureOfNumbers Picture)
{
    public static StepNumbersAnswer Of(StepNumbers numbers) => new(numbers.All.Least, numbers.All.Most, numbers.All.Mean,
        numbers.All.Deviation, numbers.All.Norm, numbers.All.Zeros, numbers.Values, numbers.Tiles.Count, numbers.Tiles.Row,
        numbers.Tiles.Height, numbers.Tiles.Width, numbers.Tiles.Channels, numbers.Tiles.What,
        PictureOfNumbers.Of([numbers.Tiles.Values.Length], numbers.Tiles.Values));
}

/// <summary>A tensor of a step, looked at.</summary>
internal sealed record StepNodeAnswer(StepNumbersAnswer Numbers, StepNumbersAnswer? Gradient);

/// <summary>The verdict over each sample.</summary>
/// <param name="Pictures">Red, green and blue of each pixel of what the generator makes.</param>
internal sealed record StepVerdictAnswer(float DiscriminatorLoss, float GeneratorLoss, float[] Real, float[]? Wrong, float[] Generated,
    IReadOnlyList<byte[]> Pictures);

/// <summary>A step that was made.</summary>
/// <param name="Made">How many were, since the checkpoint.</param>
/// <param name="Events">In order: i where node i was made, −1 − i where its whole gradient had come to it.</param>
/// <param name="Size">Width and height of the pictures.</param>
internal sealed record StepAnswer(int Made, IReadOnlyList<StepNodeLine> Nodes, IReadOnlyList<int> Events, int Size,
    IReadOnlyList<string> Classes, IReadOnlyList<byte[]> Real, IReadOnlyList<byte[]>? Wrong, StepVerdictAnswer Before,
    StepVerdictAnswer After, IReadOnlyList<StepWeightAnswer> Weights);

/// <summary>A parameter before and behind a step; see <see cref="WeightChange"/>.</summary>
internal sealed record StepWeightAnswer(string Network, string Name, IReadOnlyList<int> Shape, double Norm, double NormAfter, double Change,
    double? GradientNorm, float Edge, int[] Before, int[] After);

/// <summary>How the page Step is written and read.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(StepRequest))]
[JsonSerializable(typeof(StepStart))]
[JsonSerializable(typeof(StepAnswer))]
[JsonSerializable(typeof(StepNodeAnswer))]
internal sealed partial class StepJson : JsonSerializerContext;
