using System.CommandLine;
using System.Globalization;
using CrossModal.Benchmarks;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda.Profiling;
using CrossModal.Runs;
using CrossModal.Verification;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary>What <c>bench step</c> and <c>bench kernels</c> do with <c>--profile</c>.</summary>
internal static partial class BenchCommands
{
    private const string ProfileHelp = "With --device cuda-sim, counts on some blocks of each launch what the CUDA kernels ask of a GPU at "
        + "their real sizes, in place of timing: traffic, bank conflicts, products, registers; and says how long a card would take. Of "
        + "several versions the one that this model finds the fastest is taken. "
        + "docs/profile.md explains the model and the columns.";

    /// <summary>The options of a profile.</summary>
    private sealed class ProfileOptions
    {
        private readonly Option<bool> _profile = new("--profile") { Description = ProfileHelp };
        private readonly Option<string> _card = Options.Choice("--card", "With --profile, the card to model.", "H200",
            [.. GpuCard.All.Select(card => card.Name)]);

        public void AddTo(Command command)
        {
            command.Add(_profile);
            command.Add(_card);
        }

        /// <summary>The card, or null where no profile is asked for.</summary>
        /// <exception cref="SettingException">The options do not go together.</exception>
        public GpuCard? Read(ParseResult parsed, DeviceSettings settings)
        {
            if (!parsed.GetValue(_profile))
            {
                return Options.Given(parsed, _card) is null
                    ? null
                    : throw new SettingException("card", "is for a profile; add --profile --device cuda-sim");
            }

            if (settings.Name != "cuda-sim")
                throw new SettingException("profile", "counts what CUDA kernels do on cuda-sim; add --device cuda-sim");
            if (settings.MatrixProducts == KernelProvider.Library || settings.Convolutions == KernelProvider.Library)
                throw new SettingException("profile", "counts the kernels of this program alone; leave --gemm and --conv out");
            if (settings.Ranks.Size > 1)
                throw new SettingException("profile", "is made by one process; leave mpirun out");
            return GpuCard.Find(parsed.GetValue(_card)!);
        }
    }

    private static KernelProfile.Result Count(GpuCard card, DeviceSettings settings, int? batch, string? filter, IRunReporter reporter)
    {
        using var stages = new ReportedStages(reporter);
        return KernelProfile.Run(card, settings, batch ?? KernelBenchmark.PaperBatch, filter, (stage, done, total, next) =>
            stages.Report(stage, done, total, next, stage == Profiler.Counting ? "kernels" : "files"));
    }

    private static void Show(Terminal terminal, ProfileReport profile, string what)
    {
        var table = Tables.Plain("Kernel", "Launches>", "ms>", "Share>", "MB>", "Asked MB>", "Sectors>", "Conflicts>",
            "GFLOP>", "Registers>", "Occupied>", "Limit");
        foreach (var kernel in profile.Kernels)
        {
            table.AddRow(Markup.Escape(kernel.Kernel), $"{kernel.Launches}", Number(kernel.Microseconds / 1000, "0.000"),
                Percent(kernel.Share), Number(kernel.DistinctBytes / 1e6, "0.0"), Number(kernel.AskedBytes / 1e6, "0.0"), Sectors(kernel),
                Shared(kernel), Work(kernel), Registers(kernel),
                kernel.OccupancyLimit.Length > 0 ? Invariant($"{kernel.Occupancy * 100:0} %") : "", kernel.Limit);
        }

        terminal.Console.Write(table);
        terminal.Say(Invariant($"{what}: {profile.Nodes} nodes, {profile.Bytes / 1e6:0} MB moved at least, ")
            + Invariant($"{profile.TensorGflop + profile.Float32Gflop:0.0} GFLOP; ")
            + Invariant($"modelled {profile.Milliseconds:0.00} ms on {profile.Card}, ")
            + Invariant($"of it {profile.GapMilliseconds:0.00} ms between nodes"));
        SayCompiler(terminal, profile.Nvrtc);
    }

    private static void SayCompiler(Terminal terminal, string? nvrtc) => terminal.Say(nvrtc is not null
        ? $"registers and spills are those of NVRTC {nvrtc}"
        : "NVRTC was not found: occupancy is without registers, and no limit stands for them (.ci/install-nvrtc prints a folder for "
            + "CROSSMODAL_CUDA_PATH)");

    private static void Show(Terminal terminal, KernelProfile.Result result)
    {
        var table = Tables.Plain("Kernel", "Nodes>", "ms>", "MB>", "GFLOP>", "Slowest launch", "Registers>", "Occupied>", "Limit");
        foreach (var row in result.Rows)
        {
            var profile = row.Profile;
            if (profile.Kernels.Count == 0)
                continue;
            var slowest = profile.Kernels[0];
            table.AddRow(Markup.Escape($"{row.Family}: {row.Name}"), $"{profile.Nodes}", Number(profile.Milliseconds, "0.0000"),
                Number(profile.Bytes / 1e6, "0.0"), Number(profile.TensorGflop + profile.Float32Gflop, "0.00"),
                Markup.Escape(slowest.Kernel), Registers(slowest),
                slowest.OccupancyLimit.Length > 0 ? Invariant($"{slowest.Occupancy * 100:0} %") : "", slowest.Limit);
        }

        terminal.Console.Write(table);
        terminal.Say($"modelled for {result.Card} in {result.Precision}, batch {result.Batch}; nothing was timed, no answer was checked");
        if (result.Rows.Count > 0)
            SayCompiler(terminal, result.Rows[0].Profile.Nvrtc);
    }

    private static string Sectors(ProfiledKernel kernel) => kernel.SectorsPerRequest is { } sectors
        ? Invariant($"{sectors:0.0} of {kernel.IdealSectorsPerRequest:0.0}")
        : "";

    private static string Shared(ProfiledKernel kernel) => kernel.SharedIdeal > 0
        ? Invariant($"{kernel.SharedWavefronts / kernel.SharedIdeal:0.00}×")
        : "";

    private static string Work(ProfiledKernel kernel) => Number(kernel.TensorGflop + kernel.Float32Gflop, "0.0");

    private static string Registers(ProfiledKernel kernel) => kernel.Registers is not { } registers
        ? ""
        : kernel.StackBytes > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{registers} + {kernel.StackBytes} B")
            : $"{registers}";
}
