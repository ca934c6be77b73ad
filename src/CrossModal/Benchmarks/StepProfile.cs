using System.Text.Json;
using CrossModal.Adversarial;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda.Profiling;
using CrossModal.Runs;
using CrossModal.Tensors;

namespace CrossModal.Benchmarks;

/// <summary>
/// Counts what the CUDA kernels of a GAN-CLS step of preset <c>paper</c> do, at their real sizes and without a GPU, and says how long a
/// named card would take.
/// </summary>
internal static class StepProfile
{
    /// <summary>The step of a model.</summary>
    public sealed record Result(string Model, string Precision, int Batch, ProfileReport Profile)
    {
        public string ToJson() => JsonSerializer.Serialize(this, BenchmarkJson.Default.StepProfileResult);
    }

    /// <exception cref="DeviceException">There is no C++ compiler.</exception>
    /// <exception cref="BadInputException">The card does not know the precision.</exception>
    public static Result Run(string model, GpuCard card, DeviceSettings settings, int batch, IRunReporter reporter)
    {
        using var stages = new ReportedStages(reporter);
        var profiler = new Profiler(card, settings, (stage, done, total, next) => stages.Report(stage, done, total, next, stage switch
        {
            Profiler.Counting => "nodes",
            Profiler.Choosing => "launches",
            _ => "files",
        }));
        using var device = new Device(profiler.Backend);
        using var gan = new ConditionalGan(device, StepBenchmark.Settings(model), new GanSettings { Batch = batch }, seed: 2017);
        profiler.Begin();
        gan.Step();
        return new Result(model, device.Precision.Name(), batch, profiler.Report());
    }
}
