// The head-to-head: whole GAN-CLS steps of preset `paper`, or its generator alone, here and on libtorch, in alternation, so that what the
// machine does besides hits both alike.
//
//   dotnet build -v q && dotnet build -v q benchmarks/peers/TorchSharpStep
//   dotnet run --file benchmarks/peers/compare-step.cs -- [--what step|generate] [--model s2i|i2s] [--batch 64] [--threads 2]
//                                                         [--rounds 5] [--steps 6] [--launcher PROGRAM] [--json FILE]
//
// --launcher wraps the start of the libtorch program, for systems whose C++ library is too old for TorchSharp's native part.
// Prints each round, the ratio of images per second with its spread, and writes all of it as JSON.
#:property PublishAot=false
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

string Option(string name, string standard) => Array.IndexOf(args, name) is var i and >= 0 && i + 1 < args.Length ? args[i + 1] : standard;
var (batch, threads) = (Option("--batch", "64"), Option("--threads", Environment.ProcessorCount.ToString()));
var (what, model) = (Option("--what", "step"), Option("--model", "s2i"));
var (rounds, steps) = (int.Parse(Option("--rounds", "5")), Option("--steps", "6"));
var (launcher, json) = (Option("--launcher", ""), Option("--json", ""));
var ours = Find("artifacts/bin/CrossModal/release/crossmodal.dll");
var theirs = Find("artifacts/bin/TorchSharpStep/release/TorchSharpStep.dll");
var files = Directory.CreateTempSubdirectory("compare-step-");

var (mine, peer, ratios) = (new JsonArray(), new JsonArray(), new List<double>());
for (var round = 1; round <= rounds; round++)
{
    var a = Run("dotnet", [ours, "bench", what, "--model", model, "--device", "cpu", "--batch", batch, "--threads", threads, what == "step"
        ? "--steps" : "--calls", steps]);
    var b = launcher.Length > 0
        ? Run(launcher, [theirs, "--what", what, "--model", model, "--batch", batch, "--threads", threads, "--steps", steps],
            standardOutput: true)
        : Run("dotnet", [theirs, "--what", what, "--model", model, "--batch", batch, "--threads", threads, "--steps", steps]);
    var (here, there) = ((double)a["images_per_second"]!, (double)b["images_per_second"]!);
    ratios.Add(here / there);
    mine.Add(a);
    peer.Add(b);
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"round {round}: {here:0.0} images/s here, {there:0.0} on libtorch, ratio {here / there:0.000}"));
}

ratios.Sort();
var median = ratios.Count % 2 == 1 ? ratios[ratios.Count / 2] : (ratios[ratios.Count / 2 - 1] + ratios[ratios.Count / 2]) / 2;
Console.WriteLine(
    string.Create(CultureInfo.InvariantCulture, $"ratio {median:0.00} (from {ratios[0]:0.00} to {ratios[^1]:0.00} over {rounds} rounds)"));
if (json.Length > 0)
{
    var machine = new JsonObject
    {
        ["processor"] = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name"))?.Split(':')[1].Trim() : null,
        ["cores"] = Environment.ProcessorCount,
        ["avx512"] = System.Runtime.Intrinsics.X86.Avx512F.IsSupported,
        ["system"] = System.Runtime.InteropServices.RuntimeInformation.OSDescription,
        ["runtime"] = System.Runtime.InteropServices.RuntimeInformation.FrameworkDescription,
    };
    var report = new JsonObject
    {
        ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd"), ["machine"] = machine, ["ratio_median"] = median, ["ratio_least"] = ratios[0],
            ["ratio_most"] = ratios[^1],
        ["crossmodal"] = mine, ["libtorch"] = peer,
    };
    File.WriteAllText(json, report.ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n");
}

files.Delete(recursive: true);

string Find(string path) =>
    File.Exists(path) ? Path.GetFullPath(path) : throw new FileNotFoundException($"{path}: build it first, from the root of the project");

// Each program is a process of its own and reports in JSON: into a file, or, behind a launcher that may not share files, as its last line.
JsonObject Run(string program, string[] arguments, bool standardOutput = false)
{
    var file = Path.Combine(files.FullName, "result.json");
    File.Delete(file);
    var start = new ProcessStartInfo(program, standardOutput ? arguments : [.. arguments, "--json", file]) { RedirectStandardOutput = true,
        RedirectStandardError = true };
    using var process = Process.Start(start)!;
    var errors = process.StandardError.ReadToEndAsync();
    var output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    if (process.ExitCode != 0)
        throw new InvalidOperationException($"{program} failed: {errors.Result}");
    var text = standardOutput ? output.Split('\n').Last(line => line.StartsWith('{')) : File.ReadAllText(file);
    return JsonNode.Parse(text)!.AsObject();
}
