#:project ../src/Layers/CrossModal.Layers.csproj
#:package SkiaSharp
#:package SkiaSharp.NativeAssets.Linux.NoDependencies

// DCGAN (Radford et al. 2016) on a folder of pictures, layer by layer as in PyTorch's examples/dcgan:
//
//     dotnet run --file samples/06-dcgan.cs -- FOLDER [STEPS]
//
// Without a folder it learns sunsets that it paints itself: with narrow networks, large steps and a few seconds it gets as far as the
// horizon. `dotnet run -- data synthesize --out data` makes pictures of musicians, for instance.

using CrossModal.Layers;
using CrossModal.Tensors;
using SkiaSharp;

const int Size = 64, Noise = 100;
using var device = Device.Open("auto");

// 1. The pictures: cut to a square, 64 pixels wide, as numbers in [-1, 1].
var (own, random) = (args.Length == 0, new Random(1));
string[] types = [".png", ".jpg", ".jpeg", ".webp", ".bmp"];
SKBitmap[] pictures = own
    ? [.. Enumerable.Range(0, 512).Select(_ => Paint())]
    : [.. Directory.EnumerateFiles(args[0], "*", SearchOption.AllDirectories).Order()
        .Where(file => types.Contains(Path.GetExtension(file).ToLowerInvariant())).Select(Read).OfType<SKBitmap>()];
float[] Numbers(SKBitmap picture) => [.. picture.Pixels.SelectMany(p => new[] { p.Red, p.Green, p.Blue }).Select(v => v / 127.5f - 1)];
var data = Array.ConvertAll(pictures, Numbers);
var (steps, batch, width, rate) = own ? (250, 16, 12, 2e-3) : (args.Length > 1 ? int.Parse(args[1]) : 2000, 64, 64, 2e-4);
Console.WriteLine($"{data.Length} pictures, {steps} steps of {batch} on {device.Name}");

// 2. The networks. Noise [batch, 1, 1, 100] grows to pictures [batch, 64, 64, 3], and pictures shrink to a score, by kernels of 4: with
//    stride 2 and padding 1 a side doubles or halves, with stride 1 and padding 0 it goes from 1 to 4 and back.
using RandomStream weights = new(device, seed: 1), noise = new(device, seed: 1, stream: 1);
Layer Up(int inputs, int outputs, int stride = 2) =>
    new ConvolutionTransposed2d(weights, inputs, outputs, 4, new(stride, stride - 1), bias: false, initializer: Initializers.Normal(0.02));
Layer Down(int inputs, int outputs, int stride = 2) =>
    new Convolution2d(weights, inputs, outputs, 4, new(stride, stride - 1), bias: false, initializer: Initializers.Normal(0.02));
Layer Norm(int channels) => new BatchNorm(weights, channels, scale: Initializers.Normal(0.02, mean: 1));
Activation relu = Activation.Relu, leaky = Activation.LeakyRelu(0.2);
using var generator = new Sequential(Up(Noise, 8 * width, stride: 1), Norm(8 * width), relu, Up(8 * width, 4 * width), Norm(4 * width),
    relu, Up(4 * width, 2 * width), Norm(2 * width), relu, Up(2 * width, width), Norm(width), relu, Up(width, 3), Activation.Tanh);
using var discriminator = new Sequential(Down(3, width), leaky, Down(width, 2 * width), Norm(2 * width), leaky, Down(2 * width, 4 * width),
    Norm(4 * width), leaky, Down(4 * width, 8 * width), Norm(8 * width), leaky, Down(8 * width, 1, stride: 1));
using Adam generatorAdam = new(generator, rate, beta1: 0.5), discriminatorAdam = new(discriminator, Math.Min(rate, 5e-4), beta1: 0.5);

// 3. Training, and now and then a picture of what the generator makes of 64 draws of noise that stay the same.
var shown = noise.Normal([64, 1, 1, Noise]);
for (var step = 1; step <= steps; step++)
{
    using var scope = device.Step();
    var real = Tensor.From(device, [batch, Size, Size, 3], [.. random.GetItems(data, batch).SelectMany(numbers => numbers)]);
    var fake = generator.Forward(noise.Normal([batch, 1, 1, Noise]));
    var (realScores, fakeScores) = (discriminator.Forward(real), discriminator.Forward(fake.Detach()));
    var loss = Losses.BinaryCrossEntropyWithLogits(realScores, 1) + Losses.BinaryCrossEntropyWithLogits(fakeScores, 0);
    var (inReal, inFake) = (realScores.Sigmoid().Mean(), fakeScores.Sigmoid().Mean());
    discriminatorAdam.Minimize(loss);
    generatorAdam.Minimize(Losses.BinaryCrossEntropyWithLogits(discriminator.Forward(fake), 1));
    if (step % Math.Max(1, steps / 10) != 0)
        continue;
    Console.WriteLine($"step {step}: belief in real pictures {inReal.Item():0.00}, in fakes {inFake.Item():0.00}");
    SaveGrid("dcgan.png");
}

// 4. The weights, under the names that examples/dcgan gives them: netG.load_state_dict(safetensors.torch.load_file(...), strict=False).
new Checkpoint().Add("main", generator).Save("dcgan.safetensors");
Console.WriteLine("dcgan.png: what the generator makes; dcgan.safetensors: its weights");

SKBitmap? Read(string file)
{
    using var whole = SKBitmap.Decode(file);
    if (whole is null)
        return null;
    var (side, square) = (Math.Min(whole.Width, whole.Height), new SKBitmap());
    whole.ExtractSubset(square, SKRectI.Create((whole.Width - side) / 2, (whole.Height - side) / 2, side, side));
    return square.Resize(new SKImageInfo(Size, Size), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
}

SKBitmap Paint()
{
    var (bitmap, hue, horizon) = (new SKBitmap(Size, Size), random.Next(50), random.Next(34, 46));
    using var canvas = new SKCanvas(bitmap);
    canvas.Clear(SKColor.FromHsv(hue, 50, 95));
    canvas.DrawCircle(random.Next(16, 48), horizon - random.Next(18), 9, new SKPaint { Color = SKColor.FromHsv(55, 40, 100) });
    canvas.DrawRect(0, horizon, Size, Size, new SKPaint { Color = SKColor.FromHsv(220 + hue / 2, 70, random.Next(35, 60)) });
    return bitmap;
}

void SaveGrid(string file)
{
    using var pause = Tape.Paused();
    var grid = generator.Forward(shown).Reshape([8, 8, Size, Size, 3]).Permute(0, 2, 1, 3, 4).ToArray();
    var levels = Array.ConvertAll(grid, value => (byte)((value + 1) * 127.5f));
    using var bitmap = new SKBitmap(8 * Size, 8 * Size);
    bitmap.Pixels = [.. levels.Chunk(3).Select(p => new SKColor(p[0], p[1], p[2]))];
    using var stream = File.Create(file);
    bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
}
