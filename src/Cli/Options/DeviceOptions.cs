using System.CommandLine;
using System.Diagnostics;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Cli;

/// <summary>The options that every command which computes has: which device, and how it is to work.</summary>
internal sealed class DeviceOptions
{
    private static readonly string[] PrecisionNames = ["float32", "tf32", "bf16"], ProviderNames = ["auto", "handwritten", "library"];

    private readonly Option<string> _device, _precision, _gemm, _conv;
    private readonly Option<int?> _threads = Options.Threads("Threads for the devices cpu and cuda-sim; 0 for one per core.");
    private readonly Option<bool> _noGraph =
        new("--no-graph") { Description = "On cuda, launches the kernels of a training step one by one instead of as one CUDA graph." };

    /// <param name="description">What the device is for, as a sentence.</param>
    public DeviceOptions(string description = "The device to compute on; the command devices lists them.")
    {
        _device = Options.Choice("--device", description, "auto", Device.Names);
        _precision = Options.Choice(
            "--precision",
            "How products and convolutions round what they multiply; sums are always float32. bf16 also keeps activations and their "
                + "gradients in memory in two bytes each; on cuda and cuda-sim it and tf32 use the tensor cores.",
            PrecisionNames[0], PrecisionNames);
        _gemm = Options.Choice("--gemm",
            "On cuda, what computes matrix products; auto measures the kernels of this program and cuBLAS once for each shape.",
            ProviderNames[0], ProviderNames);
        _conv = Options.Choice("--conv",
            "On cuda, what computes convolutions; auto measures the kernels of this program and cuDNN once for each shape.",
            ProviderNames[0], ProviderNames);
    }

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _device, _threads, _precision, _gemm, _conv, _noGraph })
            command.Add(option);
    }

    /// <param name="terminal">Where a bar is shown while kernels are compiled, if that takes long.</param>
    public DeviceSettings Read(ParseResult parsed, Terminal terminal) => new(parsed.GetValue(_device)!, parsed.GetValue(_threads)!.Value)
    {
        Precision = Options.Given(parsed, _precision) is { } name ? (Precision)Array.IndexOf(PrecisionNames, name) : null,
        MatrixProducts = (KernelProvider)Array.IndexOf(ProviderNames, parsed.GetValue(_gemm)),
        Convolutions = (KernelProvider)Array.IndexOf(ProviderNames, parsed.GetValue(_conv)),
        Graph = !parsed.GetValue(_noGraph),
        Compiled = new Compilation(terminal).Report,
    };

    /// <summary>A bar for compilation that appears when it takes long: what the cache has is there in no time.</summary>
    private sealed class Compilation(Terminal terminal)
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

        private readonly long _begin = Stopwatch.GetTimestamp();
        private IRunStage? _stage;

        public void Report(int ready, int total)
        {
            if (_stage is null && (ready == total || Stopwatch.GetElapsedTime(_begin) < Patience))
                return;
            _stage ??= terminal.Reporter.Stage("compiling kernels", total, "files");
            _stage.Report(ready);
            if (ready == total)
                _stage.Dispose();
        }
    }

    /// <summary>A precision by its name on the command line.</summary>
    public static string NameOf(Precision precision) => PrecisionNames[(int)precision];
}
