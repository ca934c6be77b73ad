// The head-to-head: whole GAN-CLS steps of preset `paper`, or its generator alone, here, on libtorch and on PyTorch, in alternation, so
// that what the machine does besides hits all alike.
//
//   dotnet build -v q && dotnet build -v q benchmarks/peers/TorchSharpStep
//   dotnet run --file benchmarks/peers/compare-step.cs -- [--what step|generate] [--model s2i|i2s] [--batch 64] [--threads 2]
//                                                         [--rounds 5] [--steps 6] [--precision float32|bf16] [--json FILE]
//                                                         [--peer libtorch|pytorch|both] [--launcher PROGRAM]
//                                                         [--pytorch-launcher PROGRAM] [--pytorch-modes MODE,MODE...]
//
// libtorch is driven from C# through TorchSharp and computes in float32. --launcher wraps the start of its program, for systems whose C++
// library is too old for TorchSharp's native part.
// PyTorch has many modes (torch_cpu.py lists them; --pytorch-modes takes some of them). Each is timed briefly first; then the mode with
// the fastest step of the precision that is timed here, and that of all where it is another one, take part in every round.
// --pytorch-launcher is a program that runs SCRIPT.py with ARGS; python3, if it is not given.
// Prints each round, the ratios of images per second with their spread, and writes all of it as JSON.
#:property PublishAot=false
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

string Option(string name, string standard) => Array.IndexOf(args, name) is var i and >= 0 && i + 1 < args.Length ? args[i + 1] : standard;
var (what, model) = (Option("--what", "step"), Option("--model", "s2i"));
var (rounds, steps) = (int.Parse(Option("--rounds", "5")), Option("--steps", "6"));
var (precision, peer, json) = (Option("--precision", ""), Option("--peer", "libtorch"), Option("--json", ""));
string[] work = ["--model", model, "--batch", Option("--batch", "64"), "--threads", Option("--threads", $"{Environment.ProcessorCount}")];
if (peer is not ("libtorch" or "pytorch" or "both"))
    throw new ArgumentException($"--peer {peer}: libtorch, pytorch or both");
var files = Directory.CreateTempSubdirectory("compare-step-");

var ours = Find("artifacts/bin/CrossModal/release/crossmodal.dll");
string[] rounding = precision.Length > 0 ? ["--precision", precision] : [];
var engines = new List<Engine>
{
    new("crossmodal", "here", () => FromFile(
        ["dotnet", ours, "bench", what, .. work, "--device", "cpu", what == "step" ? "--steps" : "--calls", steps, .. rounding])),
};
if (peer != "pytorch")
    engines.Add(new("libtorch", "on libtorch", LibTorch()));
var candidates = new JsonArray();
if (peer != "libtorch")
    AddPyTorch();

for (var round = 1; round <= rounds; round++)
{
    foreach (var engine in engines)
        engine.Results.Add(engine.Time());
    var here = engines[0].Speed(^1);
    var there = engines.Skip(1).Select(engine => Text($"{engine.Speed(^1):0.0} {engine.Words} (ratio {here / engine.Speed(^1):0.000})"));
    Console.WriteLine(Text($"round {round}: {here:0.0} images/s here, {string.Join(", ", there)}"));
}

var ratios = new JsonObject();
foreach (var engine in rounds > 0 ? engines.Skip(1) : [])
{
    double[] sorted = [.. Enumerable.Range(0, rounds).Select(i => engines[0].Speed(i) / engine.Speed(i)).Order()];
    var median = (sorted[(rounds - 1) / 2] + sorted[rounds / 2]) / 2;
    ratios[engine.Name] = new JsonObject { ["median"] = median, ["least"] = sorted[0], ["most"] = sorted[^1] };
    Console.WriteLine(Text($"ratio {median:0.00} (from {sorted[0]:0.00} to {sorted[^1]:0.00} over {rounds} rounds), {engine.Words}"));
}

if (json.Length > 0)
{
    var report = new JsonObject
    {
        ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd"), ["machine"] = Machine(), ["what"] = what, ["ratios"] = ratios,
    };
    foreach (var engine in engines)
        report[engine.Name] = engine.Results;
    if (candidates.Count > 0)
        report["pytorch_modes"] = candidates;
    File.WriteAllText(json, report.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
}

files.Delete(recursive: true);

Func<JsonObject> LibTorch()
{
    var program = Find("artifacts/bin/TorchSharpStep/release/TorchSharpStep.dll");
    string[] arguments = [program, "--what", what, .. work, "--steps", steps];
    // Behind a launcher that may not share files, the result is the last line.
    return Option("--launcher", "") is { Length: > 0 } launcher ? () => FromOutput([launcher, .. arguments])[^1]
        : () => FromFile(["dotnet", .. arguments]);
}

void AddPyTorch()
{
    string[] start = [Option("--pytorch-launcher", "python3"), Find("benchmarks/peers/torch_cpu.py"), "--what", what, .. work];
    string[] some = Option("--pytorch-modes", "") is { Length: > 0 } modes ? ["--modes", modes] : [];
    foreach (var candidate in FromOutput([.. start, "--steps", "3", .. some], someMayFail: true))
    {
        var fastest = (double?)candidate["min_ms"];
        var outcome = fastest is null ? candidate["error"] : Text($"{fastest:0.0} ms at best");
        Console.WriteLine($"PyTorch {candidate["mode"]}: {outcome}");
        candidates.Add(candidate);
    }

    JsonObject[] ranked = [.. candidates.Select(candidate => candidate!.AsObject()).Where(candidate => candidate["error"] is null)
        .OrderBy(candidate => (double)candidate["min_ms"]!)];
    if (ranked.Length == 0)
        throw new InvalidOperationException("no mode of PyTorch could be timed");
    // Where nothing of the precision can be had, the best of all stands alone.
    var same = ranked.FirstOrDefault(candidate => (string)candidate["precision"]! == (precision.Length > 0 ? precision : "float32"));
    if (same is not null)
        Add("pytorch", same);
    if (same != ranked[0])
        Add("pytorch_best", ranked[0]);

    void Add(string name, JsonObject candidate)
    {
        var mode = (string)candidate["mode"]!;
        engines.Add(new(name, $"on PyTorch {mode}", () => FromOutput([.. start, "--steps", steps, "--modes", mode])[^1]));
    }
}

static JsonObject Machine()
{
    string[] processor = File.Exists("/proc/cpuinfo") ? File.ReadAllLines("/proc/cpuinfo") : [];
    string? Of(string field) => processor.FirstOrDefault(line => line.StartsWith(field))?.Split(':')[1].Trim();
    var flags = Of("flags")?.Split(' ') ?? [];
    return new JsonObject
    {
        ["processor"] = Of("model name"),
        ["cores"] = Environment.ProcessorCount,
        ["avx512"] = System.Runtime.Intrinsics.X86.Avx512F.IsSupported,
        ["avx512_bf16"] = flags.Contains("avx512_bf16"),
        ["amx"] = flags.Contains("amx_bf16"),
        ["system"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
    };
}

static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

static string Find(string path) =>
    File.Exists(path) ? Path.GetFullPath(path) : throw new FileNotFoundException($"{path}: build it first, from the root of the project");

// Each program is a process of its own and reports in JSON: into a file, or as lines of its output.
JsonObject FromFile(string[] command)
{
    var file = Path.Combine(files.FullName, "result.json");
    File.Delete(file);
    Run([.. command, "--json", file], someMayFail: false);
    return JsonNode.Parse(File.ReadAllText(file))!.AsObject();
}

JsonObject[] FromOutput(string[] command, bool someMayFail = false) =>
    [.. Run(command, someMayFail).Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonNode.Parse(line)!.AsObject())];

static string Run(string[] command, bool someMayFail)
{
    var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
    using var process = Process.Start(start)!;
    var errors = process.StandardError.ReadToEndAsync();
    var output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return process.ExitCode == 0 || (someMayFail && output.Contains("images_per_second")) ? output
        : throw new InvalidOperationException($"{string.Join(' ', command)} failed: {errors.Result}{output}");
}

/// <summary>One way to do the work: its name in the report, how a sentence calls it, how it is timed, and what came out so far.</summary>
internal sealed record Engine(string Name, string Words, Func<JsonObject> Time)
{
    public JsonArray Results { get; } = [];

    public double Speed(Index round) => (double)Results[round.GetOffset(Results.Count)]!["images_per_second"]!;
}
