using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using CrossModal.Data;
using CrossModal.Kernels;
using CrossModal.Kernels.Cpu;
using CrossModal.Kernels.Cuda;
using CrossModal.Tensors;
using Spectre.Console;

namespace CrossModal.Cli;

/// <summary><c>devices</c>: what this machine has to compute with.</summary>
internal static class DevicesCommand
{
    public static Command Build(Terminal terminal)
    {
        var command = new DocumentedCommand(
            "devices",
            "Shows what this machine has to compute with: processor, vector width, memory, GPUs, the CUDA driver and libraries (and how to "
                + "get what is missing), the devices that --device accepts, and the cache folder.",
            new Example("devices", "Helps to choose --device and --threads, and belongs in a problem report."));
        command.SetAction(_ =>
        {
            Show(terminal, CudaInventory.Take(), CudaBackend.CompilerOfSimulator);
            return ExitCodes.Done;
        });
        return command;
    }

    /// <param name="compiler">The C++ compiler of cuda-sim, or null.</param>
    internal static void Show(Terminal terminal, CudaInventory cuda, string? compiler)
    {
        var machine = Tables.Plain("Machine", "");
        machine.AddRow("processor", CpuFeatures.Name.EscapeMarkup());
        machine.AddRow("cores", $"{CpuFeatures.Cores}");
        machine.AddRow("vectors", $"{CpuFeatures.VectorBits} bits");
        machine.AddRow("instruction sets", CpuFeatures.InstructionSets.Count > 0 ? string.Join(", ", CpuFeatures.InstructionSets)
            : "none that matters here");
        machine.AddRow("memory", Gibibytes(CpuFeatures.MemoryBytes));
        for (var i = 0; i < cuda.Gpus.Count; i++)
            machine.AddRow(cuda.Gpus.Count > 1 ? $"GPU {i}" : "GPU", Describe(cuda.Gpus[i]).EscapeMarkup());
        machine.AddRow("system", $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}".EscapeMarkup());
        machine.AddRow("runtime", RuntimeInformation.FrameworkDescription.EscapeMarkup());
        machine.AddRow("cache folder", $"{CacheFolder.Root} ({CacheOrigin})".EscapeMarkup());
        terminal.Console.Write(machine);

        var parts = Tables.Plain("CUDA", "Version", "Where");
        foreach (var part in cuda.Parts)
        {
            var version = part.Version ?? (part.Path is null ? "missing" : "of no use");
            parts.AddRow(part.Name.EscapeMarkup(), version.EscapeMarkup(), (part.Path ?? "").EscapeMarkup());
        }

        parts.AddRow("C++ compiler", (compiler ?? "missing").EscapeMarkup(), compiler is null ? "" : "for cuda-sim");
        terminal.Console.Write(parts);

        var devices = Tables.Plain("Device", "What it is");
        foreach (var name in Device.Names)
            devices.AddRow(name, Describe(name, cuda, compiler).EscapeMarkup());
        terminal.Console.Write(devices);
        foreach (var line in Problems(cuda, compiler))
            terminal.Say(line);
    }

    private static string CacheOrigin =>
        Environment.GetEnvironmentVariable("CROSSMODAL_CACHE") is { Length: > 0 }
            ? "by CROSSMODAL_CACHE" : "CROSSMODAL_CACHE chooses another";

    private static string Describe(GpuProperties gpu) =>
        $"{gpu.Name}, compute capability {gpu.Major}.{gpu.Minor}, {gpu.Multiprocessors} multiprocessors of up to "
            + $"{gpu.ClockKilohertz / 1000} MHz, "
        + Gibibytes(gpu.MemoryBytes);

    private static string Describe(string name, CudaInventory cuda, string? compiler) => name switch
    {
        "auto" => $"the fastest that is here: {(IsUsable(cuda) ? "cuda" : "cpu")}",
        "cpu" => $"vectorized, on {CpuFeatures.Cores} threads unless --threads says otherwise, in float32 or bf16 "
            + $"({BFloat16Paths.Description})",
        "cuda" when IsUsable(cuda) =>
            $"{cuda.Gpus[0].Name}; products by the kernels of this program{Libraries(cuda)}, in float32, tf32 or bf16",
        "cuda" => $"not on this machine: {(cuda.Gpus.Count == 0 ? "no GPU that a driver of NVIDIA's knows" : "NVRTC is missing")}",
        "cuda-sim" when compiler is not null =>
            "the kernels of cuda, compiled for the processor: slow, every memory access checked, for tests and debuggers",
        "cuda-sim" => "not on this machine: no C++ compiler",
        "reference" => "plain loops in float64, the definition of every operation; slow on purpose",
        _ => "",
    };

    private static string Libraries(CudaInventory cuda)
    {
        var found = cuda.Parts.Where(part => part is { Name: "cuBLAS" or "cuDNN", Version: not null }).Select(part => part.Name).ToList();
        return found.Count > 0 ? $" or of {string.Join(" and ", found)}" : "";
    }

    /// <summary>What a user can do about what is missing. Without a driver nobody needs the other parts.</summary>
    private static IEnumerable<string> Problems(CudaInventory cuda, string? compiler)
    {
        var driver = cuda.Parts.FirstOrDefault(part => part is { Name: "driver", Problem: not null });
        foreach (var part in driver is not null ? [driver] : cuda.Parts.Where(part => part.Problem is not null))
            yield return $"{part.Name}: {part.Problem}";
        if (driver is null && cuda.Gpus.Count == 0)
            yield return "driver: it runs, but shows no GPU; see nvidia-smi, and CUDA_VISIBLE_DEVICES if it is set";
        if (compiler is null)
            yield return "C++ compiler: g++ and clang++ cannot be run; install one, or name one in CXX, for the device cuda-sim";
    }

    private static bool IsUsable(CudaInventory cuda) =>
        cuda.Gpus.Count > 0 && cuda.Parts.All(part => part.Name is not ("driver" or "NVRTC") || part.Problem is null);

    private static string Gibibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GiB");
}
