using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Tensors;

namespace CrossModal.Verification.Launches;

/// <summary>One kernel of <c>kernels/</c>.</summary>
/// <param name="Family">Its file without <c>.cu</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Purpose">What its source says of it.</param>
/// <param name="Launches">Launches to look at, the most telling first.</param>
internal sealed record CatalogedKernel(string Family, string Name, string Purpose, IReadOnlyList<ReadyLaunch> Launches);

/// <summary>
/// The kernels and a few launches of each, found by asking every op case, and every version of products and convolutions, which kernels it
/// would launch. Nothing is compiled for it.
/// </summary>
internal static class KernelCatalog
{
    private const int MostLaunches = 5;

    /// <summary>A block that has more to do than so many inputs is no picture any more.</summary>
    private const long MostInputsOfBlock = 16_000;

    private static readonly Lazy<IReadOnlyList<CatalogedKernel>> Found = new(Collect);

    /// <summary>All kernels, by file and name.</summary>
    public static IReadOnlyList<CatalogedKernel> All => Found.Value;

    /// <summary>The kernel of that name.</summary>
    /// <exception cref="BadInputException">There is none; the message has the names that are near.</exception>
    public static CatalogedKernel Find(string name)
    {
        if (All.FirstOrDefault(kernel => kernel.Name == name) is { } found)
            return found;
        var near = All.Select(kernel => kernel.Name).Where(other => other.Contains(name, StringComparison.OrdinalIgnoreCase))
            .Concat(All.Select(kernel => kernel.Name).OrderBy(other => Distance(name, other))).Distinct().Take(3);
        throw new BadInputException($"there is no kernel '{name}'; near it are {string.Join(", ", near)}");
    }

    private static List<CatalogedKernel> Collect()
    {
        var launches = new List<ReadyLaunch>();
        foreach (var precision in Enum.GetValues<Precision>())
        {
            OpCase? running = null;
            var seen = new HashSet<(string, string)>();
            using var device = new Device(KernelRecorder.List(precision, launch =>
            {
                if (seen.Add((launch.Family, launch.Kernel)))
                    launches.Add(new ReadyLaunch(launch.Family, launch.Kernel, running!, precision, launch.Shape));
            }));
            var cases = OpCases.All.Where(opCase => precision != Precision.TensorFloat32 || opCase.ProductTerms > 0);
            foreach (var opCase in cases.Concat(OpCases.Launches(precision)))
            {
                running = opCase;
                seen.Clear();
                ReadyLaunch.Run(opCase, device);
            }
        }

        return
        [
            .. launches.GroupBy(launch => (launch.Family, launch.Kernel)).OrderBy(kernel => kernel.Key.Family, StringComparer.Ordinal)
                .ThenBy(kernel => kernel.Key.Kernel, StringComparer.Ordinal)
                .Select(kernel => new CatalogedKernel(kernel.Key.Family, kernel.Key.Kernel,
                    KernelPurpose.Of(kernel.Key.Family, kernel.Key.Kernel), Telling(kernel))),
        ];
    }

    /// <summary>
    /// Of launches of the same shape one, in the case that is nearest to the kernel; large ones before small ones, whose blocks have many
    /// idle threads, unless they are very large.
    /// </summary>
    private static List<ReadyLaunch> Telling(IEnumerable<ReadyLaunch> launches) =>
    [
        .. launches.OrderBy(launch => FamilyOf(launch.Case.Family) == FamilyOf(launch.Family) ? 0 : 1)
            .ThenBy(launch => Inputs(launch) / launch.Shape.Grid.Count > MostInputsOfBlock ? 1 : 0).ThenByDescending(Inputs)
            .DistinctBy(launch => (launch.Shape.Grid, launch.Shape.Block)).Take(MostLaunches),
    ];

    private static long Inputs(ReadyLaunch launch) => launch.Case.Inputs.Sum(input => input.Shape.Count);

    /// <summary>The op's family of a kernel file: <c>convolution</c> for <c>convolution_tiled</c>.</summary>
    private static string FamilyOf(string file) =>
        file.StartsWith("convolution", StringComparison.Ordinal) ? "convolution"
        : file.StartsWith("matrix_product", StringComparison.Ordinal) ? "matrix_product" : file;

    /// <summary>Letters to change, add or leave out to get from one word to another (Levenshtein 1966).</summary>
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= to.Length; j++)
            {
                var change = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
