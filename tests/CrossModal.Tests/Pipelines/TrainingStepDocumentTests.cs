using System.Globalization;
using System.Runtime.CompilerServices;
using CrossModal.Adversarial;
using CrossModal.Pipelines;
using CrossModal.Tensors;
using CrossModal.Tests.Adversarial;

namespace CrossModal.Tests.Pipelines;

/// <summary>The numbers that docs/training-step.md quotes are those of the step that it names.</summary>
public sealed class TrainingStepDocumentTests : IDisposable
{
    private const int StepsBefore = 40;

    /// <summary>What another order of additions may change; on <c>reference</c>, in float64, nearly all digits are the same.</summary>
    private const double Tolerance = 0.02;

    private readonly Device _device = Device.Open("cpu", 1);

    public void Dispose() => _device.Dispose();

    [Fact]
    public void EveryRowOfTheTablesIsARowOfTheTape()
    {
        var nodes = Step().Nodes;
        var quoted = File.ReadAllLines(Path.Combine(Root(), "docs", "training-step.md"))
            .Select(line => line.Split('|', StringSplitOptions.TrimEntries))
            .Where(cells => cells.Length > 6 && int.TryParse(cells[1], out _)).ToList();
        Assert.True(quoted.Count > 40);
        Assert.All(quoted, cells =>
        {
            var node = nodes[int.Parse(cells[1], CultureInfo.InvariantCulture)];
            var inputs = string.Join(", ", node.Entry.Inputs.Select(input => input.Index));
            Assert.Equal((node.Entry.Op ?? node.Name, inputs.Length > 0 ? inputs : "–"), (cells[2], cells[3]));
            if (cells.Length == 8)
            {
                Assert.Equal(node.Shape.ToString(), cells[4]);
                AreNear([(float)node.Numbers.All.Norm], cells[5], cells);
                AreNear(node.Gradient is { } gradient ? [(float)gradient.All.Norm] : [], cells[6], cells);
            }
            else
            {
                AreNear(node.Numbers.Values, cells[4], cells);
                AreNear(node.Gradient?.Values ?? [], cells[5], cells);
            }
        });
    }

    private static void AreNear(float[] expected, string cell, string[] row)
    {
        double[] quoted = cell == "–" ? [] : [.. cell.Split(' ').Select(word => double.Parse(word, CultureInfo.InvariantCulture))];
        Assert.True(expected.Length == quoted.Length && expected.Zip(quoted).All(pair =>
            Math.Abs(pair.First - pair.Second) <= Tolerance * Math.Abs(pair.First) + 1e-4), $"row {row[1]} says {cell}, and it is "
            + string.Join(' ', expected.Select(value => value.ToString("G3", CultureInfo.InvariantCulture))));
    }

    private StepTape Step()
    {
        using var gan = TinyGan.Create(_device, capture: false);
        TinyGan.Run(gan, 0, StepsBefore);
        var (real, wrong, code) = TinyGan.BatchOf(StepsBefore);
        gan.SetBatch(real, wrong, code);
        using var scope = new Scope();
        return StepTape.Of(gan, _ => true);
    }

    private static string Root([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..");
}
