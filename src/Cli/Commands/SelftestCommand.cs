using System.CommandLine;
using System.Globalization;
using CrossModal.Kernels;
using CrossModal.Kernels.Cuda;
using CrossModal.Tensors;
using CrossModal.Verification;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary><c>selftest</c>: does a device compute what it should?</summary>
internal static class SelftestCommand
{
    public static Command Build(Terminal terminal)
    {
        var device = new DeviceOptions("The device to test.");
        var command = new DocumentedCommand(
            "selftest",
            "Computes every op and its gradients on a device and compares them with the device reference; the exit code is 1 if anything "
                + "differs by more than its tolerance.",
            new Example("selftest", "Tests the fastest device of this machine."),
            new Example("selftest --device cpu --threads 1",
                "Tests the processor on one thread, to tell a wrong kernel from threads that disturb each other."),
            new Example("selftest --device cuda-sim", "Runs every CUDA kernel without a GPU, each memory access checked."),
            new Example("selftest --device cuda --precision bf16 --conv handwritten",
                "Tests the tensor-core kernels of this program on a GPU, with the tolerance of bfloat16."));
        device.AddTo(command);
        var sums = new Option<bool>("--sums")
        {
            Description = "Instead: starts NCCL for one rank on one GPU and has it sum an array, which is what can be tried of several.",
        };
        command.Add(sums);
        command.SetAction(parsed => parsed.GetValue(sums) ? RunSums(terminal, device.Read(parsed, terminal))
            : Run(terminal, device.Read(parsed, terminal)));
        return command;
    }

    private static int RunSums(Terminal terminal, DeviceSettings settings)
    {
        using var device = Backend.Open(settings, out _);
        try
        {
            terminal.Say(device is CudaBackend cuda ? $"NCCL {cuda.TryNccl()} starts and sums on one GPU"
                : $"the device {device.Name} sums over ranks with MPI alone");
        }
        catch (DeviceException error) when (error.Problem == DeviceProblem.Unavailable)
        {
            terminal.Say($"without NCCL: {error.Message}");
        }

        return ExitCodes.Done;
    }

    private static int Run(Terminal terminal, DeviceSettings settings)
    {
        string name;
        using (var device = Device.Open(settings))
            name = device.Name;
        if (name != "cuda" || settings.MatrixProducts != KernelProvider.Auto || settings.Convolutions != KernelProvider.Auto)
            return RunOnce(terminal, settings, name);

        // Both who compute products on a GPU have to be right, whichever is faster.
        var handwritten = RunOnce(terminal, settings with
        {
            MatrixProducts = KernelProvider.Handwritten,
            Convolutions = KernelProvider.Handwritten
        }, $"{name}, kernels of this program");
        try
        {
            var library = RunOnce(terminal, settings with
            {
                MatrixProducts = KernelProvider.Library,
                Convolutions = KernelProvider.Library
            }, $"{name}, cuBLAS and cuDNN");
            return Math.Max(handwritten, library);
        }
        catch (DeviceException error)
        {
            terminal.Say($"without cuBLAS and cuDNN: {error.Message}");
            return handwritten;
        }
    }

    private static int RunOnce(Terminal terminal, DeviceSettings settings, string name)
    {
        var results = new List<OpCaseResult>();
        using var device = Device.Open(settings);
        if (device.Precision != Precision.Float32)
            name += $" in {DeviceOptions.NameOf(device.Precision)}";
        using (var stage = terminal.Reporter.Stage($"selftest of {name}", OpCases.All.Count, "cases"))
        {
            Selftest.Run(device, OpCases.All, result =>
            {
                results.Add(result);
                stage.Report(results.Count, results.Count < OpCases.All.Count ? result.Case.Name : "");
            });
        }

        var code = Show(terminal, name, results);
        foreach (var line in device.ComputedBy)
            terminal.Say($"computed by: {line}");
        return code;
    }

    /// <summary>A row for each family of ops, in the order in which they ran, then every failure in full.</summary>
    /// <returns>The exit code.</returns>
    internal static int Show(Terminal terminal, string device, IReadOnlyList<OpCaseResult> results)
    {
        var table = Tables.Plain("Family", "Cases>", "Passed>", "Not supported>", "Worst share of tolerance>", "Time>");
        foreach (var family in results.GroupBy(result => result.Case.Family))
            AddRow(table, family.Key, [.. family]);
        AddRow(table, "all", results);
        terminal.Console.Write(table);

        var failures = results.Where(result => result.Failure is not null).ToList();
        var unsupported = results.Count(result => !result.IsSupported);
        foreach (var failure in failures)
            terminal.Say($"FAILED {failure.Failure}");
        terminal.Say(failures.Count == 0
            ? unsupported == 0
                ? $"{device} computes all {results.Count} cases as reference does"
                : $"{device} computes {results.Count - unsupported} cases as reference does, and does not support {unsupported}"
            : $"{failures.Count} of {results.Count} cases failed on {device}");
        return failures.Count == 0 ? ExitCodes.Done : ExitCodes.Failed;
    }

    private static void AddRow(Table table, string family, IReadOnlyCollection<OpCaseResult> results)
    {
        var worst = results.Max(result => result.ShareOfTolerance);
        table.AddRow(
            Markup.Escape(family),
            $"{results.Count}",
            $"{results.Count(result => result.Passed)}",
            $"{results.Count(result => !result.IsSupported)}",
            double.IsFinite(worst) ? worst.ToString("0.0 %", CultureInfo.InvariantCulture) : "not finite",
            $"{results.Sum(result => result.Milliseconds):0} ms");
    }
}
