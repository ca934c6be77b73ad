using System.Diagnostics;
using System.Text.Json;
using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Models;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Benchmarks;

/// <summary>
/// Times whole GAN-CLS steps of preset <c>paper</c>: noise, discriminator on real, wrong and fake, its Adam, generator, its Adam; no data
/// loading.
/// </summary>
internal static class StepBenchmark
{
    private const int WarmUpSteps = 3;

    /// <param name="PeakBytes">The most memory that the tensors took on a GPU, or else that the process held.</param>
    /// <param name="Precision">How products and convolutions rounded what they multiply.</param>
    /// <param name="GflopPerStep">Multiplications and additions of the products and convolutions that are computed, padding
    /// included.</param>
    /// <param name="WallMs">The mean of all timed steps by the host's clock. On a GPU the others are times between events in its stream,
    /// one step behind the other without a wait; much more here says that the GPU waits for the host.</param>
    /// <param name="ComputedBy">Who multiplied, and how exactly, as <see cref="Device.ComputedBy"/> says it.</param>
    /// <param name="Ranks">Processes that shared each batch; the other figures are of the first, but images a second of all.</param>
    /// <param name="SumsMs">Sums over ranks in a step, the wait for slower ranks included.</param>
    public sealed record Result(string Model, string Device, int Batch, int Threads, double MedianMs, double MinMs, double ImagesPerSecond,
        double GflopPerStep, long PeakBytes,
        string Precision, double WallMs, IReadOnlyList<string> ComputedBy, int Ranks, double SumsMs)
    {
        public string ToJson() => JsonSerializer.Serialize(this, BenchmarkJson.Default.StepBenchmarkResult);
    }

    public static Result Run(string model, DeviceSettings device, int batch, int steps, IRunReporter reporter)
    {
        var settings = Settings(model);
        using var open = Device.Open(device);
        using var gan = new ConditionalGan(open, settings, new GanSettings { Batch = batch }, seed: 2017);
        var random = new CountedRandom(2017, stream: 100);
        var own = gan.Batch;
        var pixels = own * 64 * 64 * settings.Channels;
        gan.SetBatch(Uniform(random, pixels), Uniform(random, pixels), Uniform(random, own * 64));
        using var clock = open.CreateClock(steps + 1);
        using var stage = reporter.Stage($"steps of {batch} on {open.Name}", WarmUpSteps + steps, "steps");
        for (var i = 0; i < WarmUpSteps; i++)
        {
            gan.Step();
            stage.Report(i + 1);
        }

        open.Synchronize();
        var summing = open.Ranks.Summing;
        var start = Stopwatch.GetTimestamp();
        clock.Mark(0);
        for (var i = 0; i < steps; i++)
        {
            gan.Step();
            clock.Mark(i + 1);
            stage.Report(i + 1 + WarmUpSteps);
        }

        open.Synchronize();
        var wall = Stopwatch.GetElapsedTime(start).TotalMilliseconds / steps;
        double[] times = [.. Enumerable.Range(0, steps).Select(i => clock.Milliseconds(i, i + 1))];
        if (!gan.ReadScores().IsFinite)
            throw new NonFiniteException("the benchmark's losses are not finite");
        Array.Sort(times);
        var median = (times[(steps - 1) / 2] + times[steps / 2]) / 2;
        using var process = Process.GetCurrentProcess();
        var peak = open.IsAsynchronous ? open.PeakBytes + gan.Captured!.Bytes : process.PeakWorkingSet64;
        return new Result(model, open.Name, batch, device.Threads > 0 ? device.Threads
            : Environment.ProcessorCount, median, times[0], batch * 1000 / median,
            gan.Captured!.Operations / 1e9, peak, open.Precision.ToString().ToLowerInvariant(), wall, open.ComputedBy, open.Ranks.Size,
            (open.Ranks.Summing - summing).TotalMilliseconds / steps);
    }

    /// <summary>The networks of preset <c>paper</c>.</summary>
    internal static ModelSettings Settings(string model) => model switch
    {
        "s2i" => new ModelSettings(),
        "i2s" => new ModelSettings { Channels = 1 },
        _ => throw new SettingException("model", $"{model}: only s2i and i2s can be timed"),
    };

    private static float[] Uniform(CountedRandom random, int count)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++)
            values[i] = random.NextUniform(-1, 1);
        return values;
    }
}
