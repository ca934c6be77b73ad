using System.CommandLine;
using System.Runtime.InteropServices;
using CrossModal.Data;
using CrossModal.Kernels;
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
            "Shows what was found to compute with: processor, vector width, memory, the devices that --device takes, and the cache folder.",
            new Example("devices", "What this machine has, for choosing --device and --threads, and for reporting a problem."));
        command.SetAction(_ =>
        {
            Show(terminal);
            return ExitCodes.Done;
        });
        return command;
    }

    private static void Show(Terminal terminal)
    {
        var machine = Tables.Plain("Machine", "");
        machine.AddRow("processor", CpuFeatures.Name.EscapeMarkup());
        machine.AddRow("cores", $"{CpuFeatures.Cores}");
        machine.AddRow("vectors", $"{CpuFeatures.VectorBits} bits");
        machine.AddRow("instruction sets", CpuFeatures.InstructionSets.Count > 0 ? string.Join(", ", CpuFeatures.InstructionSets) : "none that matters here");
        machine.AddRow("memory", $"{CpuFeatures.MemoryBytes / (double)(1L << 30):0.0} GiB");
        machine.AddRow("system", $"{RuntimeInformation.OSDescription} {RuntimeInformation.OSArchitecture}".EscapeMarkup());
        machine.AddRow("runtime", RuntimeInformation.FrameworkDescription.EscapeMarkup());
        machine.AddRow("cache folder", $"{CacheFolder.Root} ({CacheOrigin})".EscapeMarkup());
        terminal.Console.Write(machine);

        var devices = Tables.Plain("Device", "What it is");
        foreach (var name in Device.Names)
            devices.AddRow(name, Describe(name));
        terminal.Console.Write(devices);
    }

    private static string CacheOrigin => Environment.GetEnvironmentVariable("CROSSMODAL_CACHE") is { Length: > 0 } ? "by CROSSMODAL_CACHE" : "CROSSMODAL_CACHE chooses another";

    private static string Describe(string name) => name switch
    {
        "auto" => "the fastest that is here: cpu",
        "cpu" => $"vectorised, on {CpuFeatures.Cores} threads unless --threads says otherwise, float32",
        "reference" => "plain loops in float64, the definition of every operation; slow on purpose",
        _ => "",
    };
}
