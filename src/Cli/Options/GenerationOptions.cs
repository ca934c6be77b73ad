using System.CommandLine;
using System.CommandLine.Parsing;
using CrossModal.Kernels;
using CrossModal.Tensors;

namespace CrossModal.Cli;

/// <summary>The options of a direction of <c>generate</c>.</summary>
/// <param name="count">What is made, and what becomes of several.</param>
/// <param name="animations">Whether files may be asked for that show a whole sound.</param>
internal sealed class GenerationOptions(string direction, Option<string> input, Option<string> output, string count,
    bool animations = false)
{
    private const int Most = 1024;

    private readonly Option<string> _run =
        Options.RequiredPath("--run", "DIR", $"The folder of a run of train {direction} or train cmcgan.");
    private readonly Option<int?> _count = Options.Whole("--count", count, 1, Most, 1);
    private readonly Option<ulong> _seed = Options.Seed("The seed of the noise: the same seed gives the same result.", 2017);
    private readonly Option<int?> _fps = Options.Whole("--fps",
        "Pictures a second of an animation.", 1, Animation.MostPicturesPerSecond, 20);
    private readonly DeviceOptions _device = new();

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _run, input, output, _count, _seed })
            command.Add(option);
        if (animations)
        {
            command.Add(_fps);
            command.Validators.Add(RequireFitting);
        }

        _device.AddTo(command);
    }

    public Request Read(ParseResult parsed, Terminal terminal) => new(parsed.GetValue(_run)!, parsed.GetValue(input)!,
        parsed.GetValue(output)!, parsed.GetValue(_count)!.Value, parsed.GetValue(_seed), animations ? parsed.GetValue(_fps)!.Value : 0,
        _device.Read(parsed, terminal));

    /// <summary>Several attempts are a matter of pictures, and time is one of animations.</summary>
    private void RequireFitting(CommandResult result)
    {
        // What was typed: a value that was refused already has none.
        if (result.GetResult(output)?.Tokens is not [{ Value: var file }])
            return;
        var moves = Animation.Endings.Contains(Path.GetExtension(file).ToLowerInvariant());
        if (moves && result.GetResult(_count)?.Tokens is [{ Value: not "1" }])
            result.AddError($"--count: {file} shows one player; leave --count out, or name a .png file");
        if (!moves && result.GetResult(_fps)?.Tokens is [_])
            result.AddError($"--fps: {file} does not move; leave --fps out, or name a {string.Join(" or ", Animation.Endings)} file");
    }

    /// <summary>What is to be generated.</summary>
    public sealed record Request(string Run, string Input, string Output, int Count, ulong Seed, int PicturesPerSecond,
        DeviceSettings Device)
    {
        /// <summary>What the output is, by its name: <c>.png</c> for instance.</summary>
        public string Ending => Path.GetExtension(Output).ToLowerInvariant();

        public TrainedRun Open() => TrainedRun.Open(Run, Device);
    }
}
