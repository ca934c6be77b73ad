using System.CommandLine;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Cli;

/// <summary>The options that both directions of <c>generate</c> have.</summary>
/// <param name="count">What is made, and what becomes of several.</param>
internal sealed class GenerationOptions(string direction, Option<string> input, Option<string> output, string count)
{
    private const int Most = 1024;

    private readonly Option<string> _run =
        Options.RequiredPath("--run", "DIR", $"The folder of a run of train {direction} or train cmcgan.");
    private readonly Option<int?> _count = Options.Whole("--count", count, 1, Most, 1);
    private readonly Option<ulong> _seed = Options.Seed("The seed of the noise: the same seed gives the same result.", 2017);
    private readonly DeviceOptions _device = new();

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _run, input, output, _count, _seed })
            command.Add(option);
        _device.AddTo(command);
    }

    public Request Read(ParseResult parsed, Terminal terminal) => new(parsed.GetValue(_run)!, parsed.GetValue(input)!,
        parsed.GetValue(output)!, parsed.GetValue(_count)!.Value, parsed.GetValue(_seed), _device.Read(parsed, terminal));

    /// <summary>What is to be generated.</summary>
    public sealed record Request(string Run, string Input, string Output, int Count, ulong Seed, DeviceSettings Device)
    {
        public TrainedRun Open() => TrainedRun.Open(Run, Device);
    }
}
