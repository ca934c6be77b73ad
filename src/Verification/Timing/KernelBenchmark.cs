using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Verification;

/// <summary>What a benchmark tells while it runs: the stage, how many of how many measurements are done, and which is next.</summary>
internal delegate void BenchmarkProgress(string stage, int done, int total, string next);

/// <summary>
/// Checks and times the primitives of a GAN-CLS step of preset <c>paper</c>, one by one; on <c>cuda</c> the products of each provider.
/// </summary>
internal static class KernelBenchmark
{
    /// <summary>
    /// Pairs on a device that checks only, and by how much its networks are narrower: the simulator takes microseconds for what a GPU does
    /// in picoseconds.
    /// </summary>
    public const int SimulatedBatch = 1, SimulatedWidth = 4;

    /// <summary>Pairs where nothing is said: the paper's batch.</summary>
    public const int PaperBatch = 64;

    /// <summary>One kernel by one provider.</summary>
    /// <param name="Provider">Who computed it: the device, or on <c>cuda</c> whose kernel.</param>
    /// <param name="Correct">Whether the answer agrees with the judge's; without that nothing is timed.</param>
    /// <param name="ShareOfLimit">Of what the machine's memory and arithmetic allow for these bytes and operations (roofline).</param>
    /// <param name="ComputedBy">Who multiplied, and how exactly, as <see cref="Device.ComputedBy"/> says it; empty where nobody
    /// did.</param>
    public sealed record Row(
        string Family, string Name, string Shape, string Provider, bool Correct, double ShareOfTolerance, string? Failure,
        double? MedianMs, double? MinMs, double? MaxMs, int Repeats, int BufferSets, long Bytes, long Operations,
        double? GigabytesPerSecond, double? GigaflopsPerSecond, double? ShareOfLimit, IReadOnlyList<string> ComputedBy);

    /// <summary>Where it was measured.</summary>
    public sealed record MachineDescription(string Processor, int Cores, int Threads, string? Gpu, string System, string Runtime);

    /// <summary>All rows of one run.</summary>
    /// <param name="Judge">The device that the answers were compared with, and at which size.</param>
    /// <param name="Rows">In the order of the step; the providers of one product stand together.</param>
    public sealed record Result(
        string Device, MachineDescription Machine, string Precision, int Batch, string Judge, MachineLimits Limits, IReadOnlyList<Row> Rows)
    {
        /// <summary>One JSON object, a property a line.</summary>
        public string ToJson() => JsonSerializer.Serialize(this, KernelBenchmarkJson.Default.Result);
    }

    private sealed record Measured(int Index, string Provider, KernelResult Result, IReadOnlyList<string> ComputedBy);

    /// <summary>Checks and, where times mean something, times every kernel.</summary>
    /// <param name="batch">Pairs of a batch; null for the device's own.</param>
    /// <param name="filter">Only kernels with this in family or name, whatever the case.</param>
    /// <param name="progress">Told before and after each measurement.</param>
    /// <param name="warn">Told what could not be measured, and why.</param>
    /// <exception cref="BadInputException">No such device here, or nothing fits the filter.</exception>
    public static Result Run(DeviceSettings settings, int? batch, string? filter, BenchmarkProgress progress, Action<string> warn)
    {
        if (settings.Name == "reference")
            throw new BadInputException("the loops of the device reference are slow on purpose, there is nothing to time; choose another");
        using var device = Device.Open(settings);
        var simulated = device.Name == "cuda-sim";
        var sizes = new StepSizes { Batch = batch ?? (simulated ? SimulatedBatch : PaperBatch) };
        if (simulated)
            sizes = sizes with { Width = SimulatedWidth };
        var (cases, small) = (Select(OpCases.OfStep(sizes), filter), Select(OpCases.OfStep(sizes with { Batch = 1 }), filter));
        var (measured, limits, judge) = (new List<Measured>(), default(MachineLimits), "");
        foreach (var (provider, open) in Providers(settings, device, warn))
        {
            using var own = ReferenceEquals(open, device) ? null : open;
            using var measurement = new KernelMeasurement(open);
            judge = measurement.JudgesAtFullSize ? "cpu, at the size that is timed" : "reference, at one pair";
            if (!simulated)
                limits = limits.Or(Limits(open, provider, progress, warn));

            // What no library computes is measured once, and is of this program whoever multiplies.
            bool OfLibrary(int i) => provider == NameOf(KernelProvider.Library) && cases[i].ProductTerms > 0;
            var indices = Enumerable.Range(0, cases.Count).Where(i => OfLibrary(i) || measured.All(row => row.Index != i)).ToList();
            for (var done = 0; done < indices.Count; done++)
            {
                var i = indices[done];
                progress($"kernels, {provider}", done, indices.Count, $"{cases[i].Family} {cases[i].Name}");
                var by = provider == NameOf(KernelProvider.Library) && !OfLibrary(i) ? NameOf(KernelProvider.Handwritten) : provider;
                open.ForgetComputedBy();
                var result = measurement.Run(cases[i], small[i], !simulated);
                measured.Add(new Measured(i, by, result, open.ComputedBy));
            }

            progress($"kernels, {provider}", indices.Count, indices.Count, "");
        }

        var rows = measured.OrderBy(row => row.Index).Select(row => Describe(row, limits)).ToList();
        return new Result(device.Name, Machine(settings, device), device.Precision.Name(), sizes.Batch, judge, limits, rows);
    }

    /// <summary>
    /// The device as it is; on a GPU once with the kernels of this program and once with the libraries, unless the settings name one.
    /// </summary>
    private static IEnumerable<(string Provider, Device Device)> Providers(DeviceSettings settings, Device device, Action<string> warn)
    {
        var (products, convolutions) = (settings.MatrixProducts, settings.Convolutions);
        if (device.Name != "cuda" || (products, convolutions) != (KernelProvider.Auto, KernelProvider.Auto))
        {
            var chosen = products == convolutions ? NameOf(products) : $"gemm {NameOf(products)}, conv {NameOf(convolutions)}";
            yield return (device.Name == "cuda" ? chosen : device.Name, device);
            yield break;
        }

        foreach (var provider in new[] { KernelProvider.Handwritten, KernelProvider.Library })
        {
            Device opened;
            try
            {
                opened = Device.Open(settings with { Name = "cuda", MatrixProducts = provider, Convolutions = provider });
            }
            catch (DeviceException error)
            {
                warn(error.Message);
                continue;
            }

            yield return (NameOf(provider), opened);
        }
    }

    private static MachineLimits Limits(Device device, string provider, BenchmarkProgress progress, Action<string> warn)
    {
        var stage = $"limits of {device.Name}, {provider}";
        progress(stage, 0, 1, "");
        try
        {
            var limits = MachineLimits.Measure(device);
            progress(stage, 1, 1, "");
            return limits;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The rows say what is wrong with each kernel; without a limit they have no share of it.
            warn($"the {stage}, could not be measured: {exception.Message}");
            return default;
        }
    }

    /// <summary>Those with the text in family or name.</summary>
    /// <exception cref="BadInputException">There are none.</exception>
    internal static List<OpCase> Select(IReadOnlyList<OpCase> cases, string? filter)
    {
        var chosen = cases.Where(opCase =>
            filter is null || $"{opCase.Family} {opCase.Name}".Contains(filter, StringComparison.OrdinalIgnoreCase)).ToList();
        return chosen.Count > 0
            ? chosen
            : throw new BadInputException($"no kernel has \"{filter}\" in its name; the families are "
                + $"{string.Join(", ", cases.Select(opCase => opCase.Family).Distinct())}");
    }

    private static Row Describe(Measured row, MachineLimits limits)
    {
        var (opCase, bytes, time) = (row.Result.Case, row.Result.Bytes, row.Result.Time);
        double? Rate(long work) => time is { } t && work > 0 ? work / t.MedianMs * 1e-6 : null;
        return new Row(
            opCase.Family, opCase.Name, opCase.Shapes, row.Provider, row.Result.Failure is null, Finite(row.Result.ShareOfTolerance),
            row.Result.Failure, time?.MedianMs, time?.MinMs, time?.MaxMs, time?.Repeats ?? 0, row.Result.BufferSets, bytes,
            opCase.Operations, Rate(bytes), Rate(opCase.Operations),
            time is { } measured ? limits.Share(bytes, opCase.Operations, measured.MedianMs) : null, row.ComputedBy);
    }

    /// <summary>JSON has no infinity: a number that is not finite where it should be counts as a million tolerances.</summary>
    private static double Finite(double share) => double.IsFinite(share) ? share : 1e6;

    private static MachineDescription Machine(DeviceSettings settings, Device device) => new(
        CpuFeatures.Name, CpuFeatures.Cores, settings.Threads > 0 ? settings.Threads : CpuFeatures.Cores, Describe(device.Gpu),
        RuntimeInformation.OSDescription, RuntimeInformation.FrameworkDescription);

    private static string? Describe(GpuProperties? gpu) => gpu is null
        ? null
        : $"{gpu.Name}, compute capability {gpu.Major}.{gpu.Minor}, {gpu.Multiprocessors} multiprocessors, " +
            string.Create(CultureInfo.InvariantCulture, $"{gpu.MemoryBytes / (double)(1L << 30):0.0} GiB");

    private static string NameOf(KernelProvider provider) => provider switch
    {
        KernelProvider.Handwritten => "handwritten",
        KernelProvider.Library => "library",
        _ => "fastest",
    };
}

/// <summary>Made at build time: a trimmed program has no reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(KernelBenchmark.Result))]
internal sealed partial class KernelBenchmarkJson : JsonSerializerContext;
