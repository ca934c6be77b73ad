using System.Diagnostics;
using System.Globalization;
using CrossModal.Interchange;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Pipelines;
using CrossModal.Runs;
using CrossModal.Tensors;
using Google.Protobuf;
using Microsoft.ML.OnnxRuntime;

namespace CrossModal.Tests.Interchange;

/// <summary>
/// The generator here, as <c>bench generate</c> times it, against ONNX Runtime on what <c>generator.onnx</c> says, in alternation:
/// measured, not judged, for a machine with nothing else to do. <c>CROSSMODAL_ONNX_SPEED=9</c> makes nine rounds.
/// </summary>
public sealed class OnnxSpeedTests : IDisposable
{
    private const int Batch = 64, Threads = 2, CallsOfTurn = 20;

    /// <summary>A runtime that compiles while it runs needs as many before a call is what it will be.</summary>
    private const int WarmUpCalls = 60;

    /// <summary>At the beginning of a turn, not timed: the other's threads spin for a while before they sleep.</summary>
    private const int CallsBetween = 5;

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    /// <param name="model">Weights that ship, or the preset of the paper with first weights.</param>
    [Theory]
    [InlineData("pose-s2i")]
    [InlineData("i2s")]
    [InlineData("paper")]
    public void OnnxRuntimeOnTheGenerator(string model)
    {
        var asked = Environment.GetEnvironmentVariable("CROSSMODAL_ONNX_SPEED");
        Assert.SkipWhen(asked is null, "makes as many rounds as CROSSMODAL_ONNX_SPEED says");
        var rounds = int.Parse(asked!, CultureInfo.InvariantCulture);
        using var outer = new Scope();
        using var pause = Tape.Paused();
        using var device = Device.Open(new DeviceSettings("cpu", Threads));
        using var random = new RandomStream(device, 2017);
        var saved = model == "paper" ? null : SavedRun.Open(Path.Combine(AppContext.BaseDirectory, "models", model), RunKind.All);
        var settings = saved?.Run.Model ?? new ModelSettings();
        using var generator = saved?.LoadGenerator(device, saved.Run.Kind.Directions[0]) ?? new Generator(random, settings);
        generator.Training = false;
        Write(generator, settings);

        var (code, noise) = (random.Normal([Batch, settings.CodeSize]).Tanh(), random.Normal([Batch, settings.NoiseSize]));
        using var options = new SessionOptions
        {
            IntraOpNumThreads = Threads,
            InterOpNumThreads = 1,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using var session = new InferenceSession(_file, options);
        using var run = new Microsoft.ML.OnnxRuntime.RunOptions();
        using var codeValue = OrtValue.CreateTensorValueFromMemory(code.ToArray(), [Batch, settings.CodeSize]);
        using var noiseValue = OrtValue.CreateTensorValueFromMemory(noise.ToArray(), [Batch, settings.NoiseSize]);
        var inputs = new Dictionary<string, OrtValue> { ["code"] = codeValue, ["noise"] = noiseValue };
        AssertSame();
        for (var call = 0; call < WarmUpCalls; call++)
        {
            Here();
            There();
        }

        var ratios = new List<double>();
        for (var round = 0; round < rounds; round++)
        {
            var hereFirst = round % 2 == 0;
            var first = Turn(hereFirst ? Here : There);
            var second = Turn(hereFirst ? There : Here);
            var (here, there) = hereFirst ? (first, second) : (second, first);
            ratios.Add(there / here);
            Print($"{model}, round {round + 1}: {here:0.00} ms here, {there:0.00} ms on ONNX Runtime, ratio {there / here:0.000}");
        }

        Print($"{model}: ONNX Runtime's time / time here: median {Median(ratios):0.000}, "
            + $"from {ratios.Min():0.000} to {ratios.Max():0.000}, {rounds} rounds, batch {Batch}, {Threads} threads");

        void Here()
        {
            using var scope = new Scope();
            generator.Forward(code, noise);
            device.Synchronize();
        }

        void There() => session.Run(run, inputs, session.OutputNames).Dispose();

        void AssertSame()
        {
            using var outputs = session.Run(run, inputs, session.OutputNames);
            var (ours, theirs) = (OnnxModel.Turned(generator.Forward(code, noise)), outputs[0].GetTensorDataAsSpan<float>().ToArray());
            Assert.True(ours.Max(Math.Abs) > 1e-3, "nothing to compare");
            Assert.Equal(ours.Length, theirs.Length);
            Assert.InRange(ours.Zip(theirs, (x, y) => Math.Abs((double)x - y)).Max(), 0, 1e-5);
        }
    }

    /// <summary>As the export has it, for any batch.</summary>
    private void Write(Generator generator, ModelSettings settings)
    {
        var graph = new OnnxGraph("generator");
        var made = graph.Generator(generator, graph.Input("code", "", [settings.CodeSize]), graph.Input("noise", "", [settings.NoiseSize]));
        graph.Output(made, "sample", "", [settings.Channels, settings.ImageSize, settings.ImageSize]);
        using var stream = File.Create(_file);
        graph.ToModel("", "", new Dictionary<string, string>()).WriteTo(stream);
    }

    /// <summary>The median of a turn's calls, in milliseconds.</summary>
    private static double Turn(Action call)
    {
        for (var i = 0; i < CallsBetween; i++)
            call();
        return Median(Enumerable.Range(0, CallsOfTurn).Select(_ =>
        {
            var begin = Stopwatch.GetTimestamp();
            call();
            return Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        }));
    }

    private static double Median(IEnumerable<double> values) =>
        values.Order().ToArray() is var sorted ? (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2 : 0;

    private static void Print(string line)
    {
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        TestContext.Current.SendDiagnosticMessage(line);
    }
}
