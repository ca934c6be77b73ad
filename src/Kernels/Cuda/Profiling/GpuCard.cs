using System.Text.Json;
using System.Text.Json.Serialization;

namespace CrossModal.Kernels.Cuda.Profiling;

/// <summary>What a model of times has to know of a GPU; <c>cards.json</c> has the figures and where they are from.</summary>
/// <param name="Name">As <c>--card</c> takes it.</param>
/// <param name="ClockMhz">The highest clock rate.</param>
/// <param name="L2GbPerSecond">What all multiprocessors together read from the second-level cache.</param>
/// <param name="SharedKb">Shared memory of a multiprocessor.</param>
/// <param name="L1AndSharedKb">The memory that shared memory and the first-level cache divide among them.</param>
/// <param name="Warps">The most that a multiprocessor holds at one time.</param>
/// <param name="Blocks">The most that a multiprocessor holds at one time.</param>
/// <param name="Registers">Of a multiprocessor.</param>
/// <param name="TensorTflops">10¹² operations a second by what is multiplied; nothing where the tensor cores do not know it.</param>
/// <param name="MmaShare">What <c>mma.sync</c> gets of that rate.</param>
/// <param name="LaunchGapUs">From the end of a node of a CUDA graph to the beginning of the next.</param>
internal sealed record GpuCard(string Name, string FullName, int Major, int Minor, int Multiprocessors, double ClockMhz, double MemoryGb,
    double DramGbPerSecond, double L2Mb, double L2GbPerSecond, int SharedKb, int SharedKbPerBlock, int L1AndSharedKb, int Warps, int Blocks,
    int Registers, double Float32Tflops, IReadOnlyDictionary<string, double> TensorTflops, double MmaShare, double LaunchGapUs,
    IReadOnlyDictionary<string, string> Sources)
{
    private static readonly Lazy<IReadOnlyList<GpuCard>> Read = new(() =>
    {
        using var stream = typeof(GpuCard).Assembly.GetManifestResourceStream("cards.json")!;
        return JsonSerializer.Deserialize(stream, GpuCardJson.Default.GpuCardArray)!;
    });

    /// <summary>Every card that is known.</summary>
    public static IReadOnlyList<GpuCard> All => Read.Value;

    /// <summary>The card of that name.</summary>
    public static GpuCard Find(string name) => All.First(card => card.Name == name);

    /// <summary>As the driver would describe it.</summary>
    public GpuProperties Properties => new(FullName, Major, Minor, Multiprocessors, SharedKbPerBlock * 1024, (long)(MemoryGb * 1e9),
        (int)(ClockMhz * 1000), 12040);

    /// <exception cref="BadInputException">Its tensor cores do not know what the precision multiplies.</exception>
    public void Require(Precision precision)
    {
        var type = precision == Precision.BFloat16 ? "bf16" : "tf32";
        if (precision != Precision.Float32 && !TensorTflops.ContainsKey(type))
            throw new BadInputException($"the tensor cores of the card {Name} do not multiply in {type}; choose another card or precision");
    }
}

/// <summary>Made at build time: a trimmed program has no reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(GpuCard[]))]
internal sealed partial class GpuCardJson : JsonSerializerContext;
