using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

// Preset `paper` on libtorch through TorchSharp. --what step, timed as `crossmodal bench step` times its own: noise, the discriminator
// on real, wrong and fake, its Adam, the generator, its Adam; no data loading. What nobody reads is not computed here either: the
// discriminator's weights ask for no gradient in the generator's step, and the fake images are made once.
// --what generate, timed as `crossmodal bench generate`: the generator with running statistics and no gradients.
int Option(string name, int standard) =>
    Array.IndexOf(args, name) is var i and >= 0 ? int.Parse(args[i + 1], CultureInfo.InvariantCulture) : standard;
var (batch, threads, steps) = (Option("--batch", 64), Option("--threads", Environment.ProcessorCount), Option("--steps", 10));
string? Word(string name) => Array.IndexOf(args, name) is var i and >= 0 ? args[i + 1] : null;
var (json, model, what) = (Word("--json"), Word("--model") ?? "s2i", Word("--what") ?? "step");
var channels = model == "i2s" ? 1 : 3;
set_num_threads(threads);
random.manual_seed(2017);

var generator = new Generator(channels);
var discriminator = new Discriminator(channels);
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
    var loss = Loss(discriminator.Score(real, code), ones)
        + (Loss(discriminator.Score(wrong, code), zeros) + Loss(discriminator.Score(fake.detach(), code), zeros)) * 0.5;
    loss.backward();
    discriminatorAdam.step();
    foreach (var parameter in discriminator.parameters())
        parameter.requires_grad_(false);
    generatorAdam.zero_grad();
    Loss(discriminator.Score(fake, code), ones).backward();
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

internal sealed class Generator : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> _project, _layers;

    public Generator(long channels) : base("generator")
    {
        _project = Linear(74, 512 * 4 * 4);
        _layers = Sequential(
            BatchNorm2d(512), ReLU(), ConvTranspose2d(512, 256, 4L, stride: 2, padding: 1, bias: false),
            BatchNorm2d(256), ReLU(), ConvTranspose2d(256, 128, 4L, stride: 2, padding: 1, bias: false),
            BatchNorm2d(128), ReLU(), ConvTranspose2d(128, 64, 4L, stride: 2, padding: 1, bias: false),
            BatchNorm2d(64), ReLU(), ConvTranspose2d(64, channels, 4L, stride: 2, padding: 1), Tanh());
        RegisterComponents();
    }

    public override Tensor forward(Tensor input) => _layers.forward(_project.forward(input).reshape(-1, 512, 4, 4));
}

internal sealed class Discriminator : Module<Tensor, Tensor>
{
    private readonly Module<Tensor, Tensor> _layers, _joint;

    public Discriminator(long channels) : base("discriminator")
    {
        _layers = Sequential(
            Conv2d(channels, 64, 4L, stride: 2, padding: 1), LeakyReLU(0.2),
            Conv2d(64, 128, 4L, stride: 2, padding: 1, bias: false), BatchNorm2d(128), LeakyReLU(0.2),
            Conv2d(128, 256, 4L, stride: 2, padding: 1, bias: false), BatchNorm2d(256), LeakyReLU(0.2),
            Conv2d(256, 512, 4L, stride: 2, padding: 1, bias: false), BatchNorm2d(512), LeakyReLU(0.2));
        _joint = Sequential(Conv2d(576, 512, 1L, bias: false), BatchNorm2d(512), LeakyReLU(0.2), Conv2d(512, 1, 4L));
        RegisterComponents();
    }

    public override Tensor forward(Tensor images) => _layers.forward(images);

    public Tensor Score(Tensor images, Tensor code) =>
        _joint.forward(cat([forward(images), code.reshape(-1, 64, 1, 1).expand(-1, -1, 4, 4)], 1)).reshape(-1);
}
