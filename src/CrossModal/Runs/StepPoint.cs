using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrossModal.Runs;

/// <summary>The means of some steps that follow each other; a line of <c>steps.jsonl</c>.</summary>
internal sealed record StepPoint
{
    /// <summary>Parts that probabilities from 0 to 1 are counted in.</summary>
    public const int Bins = 20;

    /// <summary>The last of the steps.</summary>
    public required long Step { get; init; }

    /// <summary>How many they are.</summary>
    public int Steps { get; init; } = 1;

    public float LearningRate { get; init; }

    public float DiscriminatorLoss { get; init; }

    public float GeneratorLoss { get; init; }

    public float ScoreReal { get; init; }

    public float? ScoreWrong { get; init; }

    public float ScoreFake { get; init; }

    /// <summary>From one step to the next; null where none of the steps followed another at once.</summary>
    public float? Milliseconds { get; init; }

    /// <summary>The norm of the discriminator's gradient, where an observer wanted it.</summary>
    public float? DiscriminatorGradient { get; init; }

    /// <summary>Likewise, of the generator's.</summary>
    public float? GeneratorGradient { get; init; }

    /// <summary>
    /// Where an observer wanted them: how many real, then wrong, then generated pairs got a score in each of <see cref="Bins"/> equal
    /// parts.
    /// </summary>
    public int[]? Scores { get; init; }

    public static StepPoint Of(TrainingStep step)
    {
        return new StepPoint
        {
            Step = step.Step,
            LearningRate = (float)step.LearningRate,
            DiscriminatorLoss = (float)step.DiscriminatorLoss,
            GeneratorLoss = (float)step.GeneratorLoss,
            ScoreReal = (float)step.Real,
            ScoreWrong = (float?)step.Wrong,
            ScoreFake = (float)step.Fake,
            Milliseconds = (float?)step.Duration?.TotalMilliseconds,
            DiscriminatorGradient = (float?)step.Detail?.DiscriminatorGradient,
            GeneratorGradient = (float?)step.Detail?.GeneratorGradient,
            Scores = step.Detail is { } detail ? Count(detail) : null,
        };
    }

    /// <summary>A line of <c>steps.jsonl</c>; null where it is none, or half of one.</summary>
    public static StepPoint? Parse(string line)
    {
        try
        {
            var point = JsonSerializer.Deserialize(line, StepPointJson.Default.StepPoint);
            return point is { Step: > 0, Steps: > 0, Scores: null or { Length: 3 * Bins } } ? point : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string ToLine() => JsonSerializer.Serialize(this, StepPointJson.Default.StepPoint);

    /// <summary>The mean of the steps of two points.</summary>
    public static StepPoint Join(StepPoint a, StepPoint b)
    {
        return new StepPoint
        {
            Step = b.Step,
            Steps = a.Steps + b.Steps,
            LearningRate = Mean(a.LearningRate, b.LearningRate),
            DiscriminatorLoss = Mean(a.DiscriminatorLoss, b.DiscriminatorLoss),
            GeneratorLoss = Mean(a.GeneratorLoss, b.GeneratorLoss),
            ScoreReal = Mean(a.ScoreReal, b.ScoreReal),
            ScoreWrong = Known(a.ScoreWrong, b.ScoreWrong),
            ScoreFake = Mean(a.ScoreFake, b.ScoreFake),
            Milliseconds = Known(a.Milliseconds, b.Milliseconds),
            DiscriminatorGradient = Known(a.DiscriminatorGradient, b.DiscriminatorGradient),
            GeneratorGradient = Known(a.GeneratorGradient, b.GeneratorGradient),
            Scores = (a.Scores, b.Scores) is ({ } first, { } second) ? [.. first.Zip(second, (x, y) => x + y)] : a.Scores ?? b.Scores,
        };

        float Mean(float before, float after) => (float)(((double)a.Steps * before + (double)b.Steps * after) / (a.Steps + b.Steps));

        float? Known(float? before, float? after) => before is { } x && after is { } y ? Mean(x, y) : before ?? after;
    }

    private static int[] Count(StepDetail detail)
    {
        var counts = new int[3 * Bins];
        Add(detail.Real, 0);
        Add(detail.Wrong, Bins);
        Add(detail.Fake, 2 * Bins);
        return counts;

        void Add(IReadOnlyList<float> scores, int first)
        {
            for (var i = 0; i < scores.Count; i++)
                counts[first + Math.Clamp((int)(scores[i] * Bins), 0, Bins - 1)]++;
        }
    }
}

/// <summary>Lines of <c>steps.jsonl</c>. Made at build time: a trimmed program has no reflection to make it with.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StepPoint))]
internal sealed partial class StepPointJson : JsonSerializerContext;
