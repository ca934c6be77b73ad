using System.Diagnostics;
using System.Text.Json;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Tensors;

namespace CrossModal.Benchmarks;

/// <summary>
/// Times the generator of preset <c>paper</c> alone, as it makes samples: running statistics, no gradients, a batch at a time.
/// </summary>
internal static class GenerateBenchmark
{
    /// <summary>A runtime that compiles while it runs needs as many before a call of a millisecond is what it will be.</summary>
    private const int WarmUpCalls = 60;

    /// <param name="PeakBytes">The most memory that the process held.</param>
    public sealed record Result(string Model, string Device, int Batch, int Threads, double MedianMs, double MinMs, double ImagesPerSecond,
        long PeakBytes)
    {
        public string ToJson() => JsonSerializer.Serialize(this, BenchmarkJson.Default.GenerateBenchmarkResult);
    }

    public static Result Run(string model, DeviceSettings device, int batch, int calls, IRunReporter reporter)
    {
        var settings = StepBenchmark.Settings(model);
        using var open = Device.Open(device);
        using var weights = new RandomStream(open, 2017);
        using var generator = new Generator(weights, settings);
        generator.Training = false;
        var code = Tensor.Full(open, new Shape(batch, settings.CodeSize), 0.5);
        var noise = Tensor.Full(open, new Shape(batch, settings.NoiseSize), -0.5);
        using var pause = Tape.Paused();
        var times = new double[calls];
        using var stage = reporter.Stage($"batches of {batch} on {open.Name}", WarmUpCalls + calls, "batches");
        for (var i = -WarmUpCalls; i < calls; i++)
        {
            using var scope = new Scope();
            var start = Stopwatch.GetTimestamp();
            var samples = generator.Forward(code, noise);
            open.Synchronize();
            if (i >= 0)
                times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (i == calls - 1 && !float.IsFinite(samples.Mean().ToArray()[0]))
                throw new NonFiniteException("the benchmark's samples are not finite");
            stage.Report(i + WarmUpCalls + 1);
        }

        Array.Sort(times);
        var median = (times[(calls - 1) / 2] + times[calls / 2]) / 2;
        using var process = Process.GetCurrentProcess();
        return new Result(model, open.Name, batch, device.Threads > 0 ? device.Threads
            : Environment.ProcessorCount, median, times[0], batch * 1000 / median, process.PeakWorkingSet64);
    }
}
