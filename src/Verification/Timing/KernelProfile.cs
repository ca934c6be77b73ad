using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda.Profiling;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>
/// Counts, without a GPU, what the CUDA kernels of each primitive of a GAN-CLS step of preset <c>paper</c> do at the sizes used there, and
/// says how long a named card would take.
/// </summary>
internal static class KernelProfile
{
    /// <summary>One primitive.</summary>
    /// <param name="Family">As <see cref="KernelBenchmark.Row"/> has it, with <paramref name="Name"/> and
    /// <paramref name="Shape"/>.</param>
    /// <param name="Profile">Its launches.</param>
    public sealed record Row(string Family, string Name, string Shape, ProfileReport Profile);

    /// <summary>All of one run.</summary>
    public sealed record Result(string Card, string Precision, int Batch, IReadOnlyList<Row> Rows)
    {
        /// <summary>One JSON object, a property a line.</summary>
        public string ToJson() => JsonSerializer.Serialize(this, KernelProfileJson.Default.Result);
    }

    /// <param name="card">Which GPU it should be.</param>
    /// <param name="batch">Pairs in a step.</param>
    /// <param name="filter">Only primitives with this in family or name, whatever the case.</param>
    /// <param name="progress">Told what is done.</param>
    /// <exception cref="DeviceException">There is no C++ compiler.</exception>
    /// <exception cref="BadInputException">Nothing fits the filter, or the card does not know the precision.</exception>
    public static Result Run(GpuCard card, DeviceSettings settings, int batch, string? filter, BenchmarkProgress progress)
    {
        var cases = KernelBenchmark.Select(OpCases.OfStep(new StepSizes { Batch = batch }), filter);

        // Files are compiled in the middle of the first cases that need them; launches of a case are too few to tell of.
        var profiler = new Profiler(card, settings, (stage, done, total, next) =>
        {
            if (stage is not (Profiler.Counting or Profiler.Choosing))
                progress(stage, done, total, next);
        });
        using var device = new Device(profiler.Backend);
        var rows = new List<Row>();
        for (var i = 0; i < cases.Count; i++)
        {
            progress(Profiler.Counting, i, cases.Count, $"{cases[i].Family} {cases[i].Name}");
            using (new RecordedCase(cases[i], device))
                rows.Add(new Row(cases[i].Family, cases[i].Name, cases[i].Shapes, profiler.Report()));
            device.Memory.ReleaseCache();
        }

        progress(Profiler.Counting, cases.Count, cases.Count, "");
        return new Result(card.Name, device.Precision.Name(), batch, rows);
    }
}

/// <summary>Made at build time: a trimmed program has no reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KernelProfile.Result))]
internal sealed partial class KernelProfileJson : JsonSerializerContext;
