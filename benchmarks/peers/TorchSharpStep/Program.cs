using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

// Preset `paper` on libtorch through TorchSharp. --what step, timed as `crossmodal bench step` times its own: noise, the discriminator
// on real, wrong and fake, its Adam, the generator, its Adam; no data loading. What nobody reads is not computed here either: the
// discriminator's weights ask for no gradient in the generator's step, and the fake images are made once.
// --what generate, timed as `crossmodal bench generate`: the generator with running statistics and no gradients.
// --what check --weights FILE --samples FILE times nothing: it loads weights that `crossmodal export safetensors` wrote, by name, and
// prints how far what it computes is from the samples (Check.cs says what is in them).
int Option(string name, int standard) =>
    Array.IndexOf(args, name) is var i and >= 0 ? int.Parse(args[i + 1], CultureInfo.InvariantCulture) : standard;
var (batch, threads, steps) = (Option("--batch", 64), Option("--threads", Environment.ProcessorCount), Option("--steps", 10));
string? Word(string name) => Array.IndexOf(args, name) is var i and >= 0 ? args[i + 1] : null;
var (json, model, what) = (Word("--json"), Word("--model") ?? "s2i", Word("--what") ?? "step");
var channels = model == "i2s" ? 1 : 3;
set_num_threads(threads);
if (what == "check")
{
    try
    {
        Console.WriteLine(Check.Compare(Word("--weights") ?? "", Word("--samples") ?? ""));
        return 0;
    }
    catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or InvalidDataException or JsonException
        or KeyNotFoundException or ExternalException)
    {
        // libtorch tells where in its code it was from the second line on.
        Console.Error.WriteLine($"error: {fault.Message.Split('\n')[0]}");
        return 1;
    }
}

random.manual_seed(2017);
var generator = Networks.Generator(64 + 10, [512, 256, 128, 64, channels]);
var discriminator = new Discriminator(64, [channels, 64, 128, 256, 512]);
var generatorAdam = optim.Adam(generator.parameters(), 2e-4, 0.5, 0.999);
var discriminatorAdam = optim.Adam(discriminator.parameters(), 2e-4, 0.5, 0.999);
var (real, wrong, code) = (rand(batch, channels, 64, 64) * 2 - 1, rand(batch, channels, 64, 64) * 2 - 1, randn(batch, 64));
var (ones, zeros) = (torch.ones(batch), torch.zeros(batch));
Tensor Loss(Tensor logits, Tensor target) => functional.binary_cross_entropy_with_logits(logits, target);

void Step()
{
    using var scope = NewDisposeScope();
    var fake = generator.forward(cat([code, randn(batch, 10)], 1));
    foreach (var parameter in discriminator.parameters())
        parameter.requires_grad_(true);
    discriminatorAdam.zero_grad();
    var loss = Loss(discriminator.forward(real, code), ones)
        + (Loss(discriminator.forward(wrong, code), zeros) + Loss(discriminator.forward(fake.detach(), code), zeros)) * 0.5;
    loss.backward();
    discriminatorAdam.step();
    foreach (var parameter in discriminator.parameters())
        parameter.requires_grad_(false);
    generatorAdam.zero_grad();
    Loss(discriminator.forward(fake, code), ones).backward();
    generatorAdam.step();
}

using var input = cat([code, randn(batch, 10)], 1);

void Generate()
{
    using var scope = NewDisposeScope();
    using var pause = inference_mode();
    generator.forward(input);
}

if (what == "generate")
    generator.eval();
Action timed = what == "generate" ? Generate : Step;
for (var i = 0; i < (what == "generate" ? 60 : 3); i++)
    timed();
var times = new double[steps];
for (var i = 0; i < steps; i++)
{
    var watch = Stopwatch.StartNew();
    timed();
    times[i] = watch.Elapsed.TotalMilliseconds;
}

Array.Sort(times);
var median = steps % 2 == 1 ? times[steps / 2] : (times[steps / 2 - 1] + times[steps / 2]) / 2;
var report = JsonSerializer.Serialize(new
{
    engine = "libtorch 2.10 through TorchSharp",
    model,
    device = "cpu",
    batch,
    threads,
    median_ms = median,
    min_ms = times[0],
    images_per_second = batch * 1000 / median,
    peak_bytes = Process.GetCurrentProcess().PeakWorkingSet64,
});
Console.WriteLine(report);
if (json is not null)
    File.WriteAllText(json, report);
return 0;
