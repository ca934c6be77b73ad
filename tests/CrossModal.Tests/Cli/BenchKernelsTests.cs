using System.Text.Json;
using CrossModal.Adversarial;
using CrossModal.Cli;
using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Cuda;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;
using CrossModal.Verification;

namespace CrossModal.Tests.Cli;

/// <summary><c>bench kernels</c>, on few and small kernels.</summary>
[Collection("cache")]
public sealed class BenchKernelsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-bench-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void WritesARowForEachKernelAsJson()
    {
        var file = Path.Combine(_folder, "kernels.json");
        var bench = Invocation.InProcess("bench", "kernels", "--device", "cpu", "--batch", "1", "--threads", "1", "--filter", "LOSS",
            "--json", file);
        Assert.Equal("", bench.Error);
        Assert.Equal(0, bench.ExitCode);
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        var root = json.RootElement;
        Assert.Equal(["device", "machine", "precision", "batch", "judge", "limits", "rows"], root.EnumerateObject()
            .Select(property => property.Name));
        Assert.Equal("cpu", root.GetProperty("device").GetString());
        Assert.Equal("float32", root.GetProperty("precision").GetString());
        Assert.True(root.GetProperty("limits").GetProperty("copy_gigabytes_per_second").GetDouble() > 0);
        Assert.True(root.GetProperty("limits").GetProperty("product_gigaflops_per_second").GetDouble() > 0);
        var rows = root.GetProperty("rows").EnumerateArray().ToList();
        Assert.Equal(["loss softplus", "loss mean"], rows.Select(row => row.GetProperty("name").GetString()));
        Assert.All(rows, row =>
        {
            Assert.True(row.GetProperty("correct").GetBoolean());
            Assert.InRange(row.GetProperty("median_ms").GetDouble(), row.GetProperty("min_ms").GetDouble(), row.GetProperty("max_ms")
                .GetDouble());
            Assert.True(row.GetProperty("gigabytes_per_second").GetDouble() > 0);
            Assert.Equal(JsonValueKind.Null, row.GetProperty("gigaflops_per_second").ValueKind);
        });
        Assert.Contains("all 2 answers agree with reference", bench.Output);
    }

    [Fact]
    public void AProductHasARateInOperations()
    {
        var bench = Invocation.InProcess("bench", "kernels", "--device", "cpu", "--batch", "1", "--filter", "convolution D score forward");
        Assert.Equal(0, bench.ExitCode);
        Assert.Matches(@"convolution: D score forward\s+cpu\s+\d+\.\d+\s+-?\d+ to \+\d+ %\s+\d+\.\d\s+\d+\s+\d+\.\d %\s+\d+\.\d %",
            bench.Output);
    }

    [Fact]
    public void TheSimulatorChecksAndTimesNothing()
    {
        TestDevices.Require("cuda-sim");
        var bench = Invocation.InProcess("bench", "kernels", "--device", "cuda-sim", "--filter", "softmax");
        Assert.Equal("", bench.Error);
        Assert.Equal(0, bench.ExitCode);
        Assert.Contains("nothing is timed here", bench.Output);
        Assert.Contains("all 1 answers agree with cpu", bench.Output);
        Assert.DoesNotContain("GB/s", bench.Output);
    }

    /// <summary>On any processor; its speed is only there where the processor has the instruction.</summary>
    [Fact]
    public void ShowsTheAssembledTile()
    {
        var bench = Invocation.InProcess("bench", "kernels", "--disassemble");
        Assert.Equal("", bench.Error);
        Assert.Equal(0, bench.ExitCode);
        var lines = bench.Output.Split('\n');
        Assert.Equal(24, lines.Count(line => line.Contains("  vdpbf16ps zmm")));
        Assert.Matches("^0000  [0-9a-f]+ +mov r11, r(di|cx)", lines[1]);
        Assert.Contains(lines, line => line.EndsWith("  ret"));
        Assert.Equal(MatrixProductKernelAssembled.IsSupported, bench.Output.Contains("GFLOP/s"));
    }

    [Fact]
    public void RefusesWhatItCannotTime()
    {
        Assert.Contains(
            "the families are convolution, matrix_product, batch_norm",
            Invocation.InProcess("bench", "kernels", "--device", "cpu", "--filter", "nonsense").Failure());
        Assert.Contains("there is nothing to time", Invocation.InProcess("bench", "kernels", "--device", "reference").Failure());
        Assert.Contains("from 1 to 4096", Invocation.InProcess("bench", "kernels", "--batch", "0").WrongUsage());
    }

    [Fact]
    public void AWrongAnswerIsNotTimedAndFails()
    {
        var wrong = new KernelBenchmark.Row("pooling", "first", "[2, 2]", "handwritten", false, 3,
            "pooling first: element 1 is 2, the reference has 3", null, null, null, 0, 0, 8, 0, null, null, null, []);
        var right = new KernelBenchmark.Row("pooling", "second", "[2, 2]", "library", true, 0.25, null, 0.5, 0.4, 0.75, 10, 1, 8, 0, 12.5,
            null, 0.5, []);
        var machine = new KernelBenchmark.MachineDescription("processor", 2, 2, "a GPU", "system", "runtime");
        var output = new StringWriter();
        using var terminal = new Terminal(output, TextWriter.Null);
        var limits = new MachineLimits(3000, 700_000);
        var code = BenchCommands.Show(
            terminal, new KernelBenchmark.Result("cuda", machine, "bf16", 64, "cpu, at the size that is timed", limits, [wrong, right]));
        Assert.Equal(1, code);
        Assert.Matches(@"pooling: first\s+handwritten\s+WRONG", output.ToString());
        Assert.Matches(@"pooling: second\s+library\s+0\.5000\s+-20 to \+50 %\s+12\.5\s+50\.0 %\s+25\.0 %", output.ToString());
        Assert.Contains("FAILED handwritten: pooling first: element 1 is 2", output.ToString());
        Assert.Contains("1 of 2 answers are wrong", output.ToString());
    }

    [Fact]
    public void EveryKernelOfTheStepIsRightOnTheProcessor()
    {
        using var device = Device.Open("cpu", 2);
        using var measurement = new KernelMeasurement(device);
        var kernels = OpCases.OfStep(new StepSizes { Width = 4, Batch = 2 });
        Assert.Equal(kernels.Count, kernels.Select(kernel => kernel.ToString()).Distinct().Count());
        foreach (var kernel in kernels)
        {
            var result = measurement.Run(kernel, kernel, time: false);
            Assert.Null(result.Failure);
            Assert.Null(result.Time);
            Assert.True(result.Bytes > 0);
        }
    }

    /// <summary>The layers named here are the ones that the networks have: the operations of a step come out the same.</summary>
    [Fact]
    public void TheConvolutionsAreThoseOfTheStep()
    {
        var model = new ModelSettings { Width = 4 };
        using var device = Device.Open("cpu", 1);
        using var gan = new ConditionalGan(device, model, new GanSettings { Batch = 2 }, seed: 1);
        var images = new float[2 * model.ImageSize * model.ImageSize * ModelSettings.Colors];
        gan.SetBatch(images, images, new float[2 * model.CodeSize]);
        gan.Step();
        var (sizes, paper) = (new StepSizes { Width = 4, Batch = 2 }, new ModelSettings());
        Assert.Equal((paper.ImageSize, paper.Channels, paper.Width, paper.CodeSize, paper.NoiseSize),
            (sizes.ImageSize, sizes.Colors, new StepSizes().Width, sizes.CodeSize, sizes.NoiseSize));
        var kernels = OpCases.OfStep(sizes).Where(kernel => kernel.ProductTerms > 0)
            .ToDictionary(kernel => $"{kernel.Family} {kernel.Name}", kernel => kernel.Operations);
        var discriminator = kernels.Where(kernel => kernel.Key.Contains(" D ", StringComparison.Ordinal)).Sum(kernel => kernel.Value);
        var generator = kernels.Where(kernel => kernel.Key.Contains(" G ", StringComparison.Ordinal)).Sum(kernel => kernel.Value);

        // The discriminator judges the fake images once more, forward and back to them: a third of the images in all of its layers, the
        // first included.
        long Of(string name) => kernels[$"convolution D {name}"];
        var again = Enumerable.Range(1, model.Stages).Sum(stage => 2 * Of($"conv{stage} forward")) + 2 * Of("mix forward")
            + 2 * Of("score forward");
        Assert.Equal(gan.Captured!.Operations, discriminator + generator + again / 3);
    }
}
