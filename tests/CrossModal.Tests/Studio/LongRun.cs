using System.Globalization;
using System.Text;
using CrossModal.Runs;

namespace CrossModal.Tests.Studio;

/// <summary>The files of a run that trained for long, and collapsed where it was told to.</summary>
internal static class LongRun
{
    /// <summary>Metrics with a line for each step and a log of the steps.</summary>
    /// <param name="collapse">The step from which accuracy and generated scores are lost; none where it is 0.</param>
    public static void Write(RunFolder folder, int steps, int collapse = 0)
    {
        var text = new StringBuilder();
        File.Delete(folder.Steps);
        using var log = StepLog.Open(folder.Steps, 0);
        for (var step = 1; step <= steps; step++)
        {
            var lost = collapse > 0 && step > collapse;
            var made = Step(step, lost);
            var accuracy = lost ? 0.08 : 0.9 - 0.8 * Math.Exp(-6.0 * step / steps);
            text.Append(CultureInfo.InvariantCulture,
                $$"""{"step":{{step}},"stage":"gan","epoch":{{step}},"discriminator_loss":{{made.DiscriminatorLoss}}""");
            text.Append(CultureInfo.InvariantCulture,
                $$""","generator_loss":{{made.GeneratorLoss}},"score_real":{{made.Real}},"score_wrong":{{made.Wrong}}""");
            text.Append(CultureInfo.InvariantCulture,
                $$""","score_fake":{{made.Fake}},"train_accuracy":{{accuracy}},"validation_accuracy":{{0.95 * accuracy}}}""").Append('\n');
            log.Add(made);
        }

        File.WriteAllText(folder.Metrics, text.ToString());
    }

    public static TrainingStep Step(int step, bool lost = false)
    {
        var random = new Random(step);
        float[] real = Around(lost ? 1.1 : 0.7), wrong = Around(lost ? -0.02 : 0.3), fake = Around(lost ? -0.1 : 0.45);
        return new TrainingStep(step, 2e-4, lost ? 0.1 : 0.9 + 0.1 * random.NextDouble(), lost ? 4 : 1 + 0.2 * random.NextDouble(),
            real.Average(), wrong.Average(), fake.Average())
        {
            Batch = real.Length,
            Duration = TimeSpan.FromMilliseconds(180 + 20 * random.NextDouble()),
            DeviceBytes = 300 << 20,
            Detail = new StepDetail(real, wrong, fake, 0.5 + random.NextDouble(), 0.2 + random.NextDouble()),
        };

        float[] Around(double center) => [.. Enumerable.Range(0, 32).Select(_ => (float)Math.Clamp(center
            + 0.15 * (random.NextDouble() + random.NextDouble() - random.NextDouble() - random.NextDouble()), 0, 1))];
    }
}
