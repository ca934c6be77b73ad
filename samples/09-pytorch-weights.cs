#:project ../src/Layers/CrossModal.Layers.csproj
#:package SkiaSharp
#:package SkiaSharp.NativeAssets.Linux.NoDependencies

// A generator that was trained in PyTorch, used here. There, with netG of examples/dcgan or one like it:
//
//     from safetensors.torch import save_file
//     save_file(netG.state_dict(), "netG.safetensors")
//
// and here:
//
//     dotnet run --file samples/09-pytorch-weights.cs -- netG.safetensors
//
// Without a file the sample first writes one as PyTorch lays it out, of weights that nobody has trained.

using System.Runtime.InteropServices;
using CrossModal.Kernels;
using CrossModal.Layers;
using CrossModal.Tensors;
using SkiaSharp;

using var device = Device.Open("auto");
var path = args.Length > 0 ? args[0] : "netG.safetensors";
if (args.Length == 0)
    WriteAsPyTorchDoes(path, noise: 100, width: 8);

// 1. What is in the file tells how wide the networks are: a transposed convolution's weight is [inputs, outputs, height, width] there.
int noise, width;
float[] firstWeight;
using (var file = SafeTensors.Open(path))
{
    var first = file.Tensors["main.0.weight"];
    (noise, width) = (first.Shape[0], first.Shape[1] / 8);
    firstWeight = MemoryMarshal.Cast<byte, float>(file.Read(first)).ToArray();
    Console.WriteLine($"{path}: {file.Tensors.Count} tensors; {noise} numbers of noise, {width} channels next to the picture");
}

// 2. The same layers in the same places bear the same names, main.0 to main.13; an activation counts as a layer. The weights are turned
//    into the order that they have here while they are loaded, and what does not fit is refused by its name.
using RandomStream random = new(device, seed: 1);
Layer Up(int inputs, int outputs, int stride = 2) =>
    new ConvolutionTransposed2d(random, inputs, outputs, 4, new(stride, stride - 1), bias: false);
using var generator = new Sequential(Up(noise, 8 * width, stride: 1), new BatchNorm(random, 8 * width), Activation.Relu,
    Up(8 * width, 4 * width), new BatchNorm(random, 4 * width), Activation.Relu, Up(4 * width, 2 * width), new BatchNorm(random, 2 * width),
    Activation.Relu, Up(2 * width, width), new BatchNorm(random, width), Activation.Relu, Up(width, 3), Activation.Tanh);
new Checkpoint().Add("main", generator).Load(path);
generator.Training = false;

// 3. Is it the same network? The first layer by PyTorch's definition, on the numbers as the file has them: with one pixel for an input,
//    output (channel, row, column) is the sum over the noise z of z[n] weight[n, channel, row, column].
var z = random.Normal([64, 1, 1, noise]);
var (numbers, firstOutput) = (z.ToArray(), generator[0].Forward(z).ToArray());
var largest = 0.0;
for (var at = 0; at < 8 * width * 16; at++)
{
    var (channel, pixel) = (at / 16, at % 16);
    var sum = Enumerable.Range(0, noise).Sum(n => (double)numbers[n] * firstWeight[n * 8 * width * 16 + at]);
    largest = Math.Max(largest, Math.Abs(sum - firstOutput[pixel * 8 * width + channel]));
}

Console.WriteLine($"first layer, {8 * width * 16} numbers: {(largest < 1e-4 ? "as PyTorch defines it" : $"off by {largest}")}");

// 4. Pictures are [batch, height, width, channels] here: no turning before they are shown.
var pictures = generator.Forward(z).Reshape([8, 8, 64, 64, 3]).Permute(0, 2, 1, 3, 4).ToArray();
using var bitmap = new SKBitmap(8 * 64, 8 * 64);
bitmap.Pixels = [.. pictures.Select(value => (byte)((value + 1) * 127.5f)).Chunk(3).Select(p => new SKColor(p[0], p[1], p[2]))];
using var stream = File.Create("pytorch-weights.png");
bitmap.Encode(stream, SKEncodedImageFormat.Png, 100);
Console.WriteLine("pytorch-weights.png: 64 pictures of it");
return largest < 1e-4 ? 0 : 1;

// A state_dict of examples/dcgan's Generator: no biases, and batch normalization with its counter, which nothing here needs.
void WriteAsPyTorchDoes(string to, int noise, int width)
{
    var (draw, tensors) = (new Random(1), new List<SafeTensorSource>());
    int[] channels = [noise, 8 * width, 4 * width, 2 * width, width, 3];
    for (var i = 0; i < 5; i++)
    {
        Add($"main.{3 * i}.weight", [channels[i], channels[i + 1], 4, 4], () => 0.08f * (draw.NextSingle() - 0.5f));
        if (i == 4)
            break;
        var norm = $"main.{3 * i + 1}";
        foreach (var (name, middle) in new[] { ("weight", 1f), ("bias", 0f), ("running_mean", 0f), ("running_var", 0.5f) })
            Add($"{norm}.{name}", [channels[i + 1]], () => middle + 0.1f * draw.NextSingle());
        tensors.Add(new($"{norm}.num_batches_tracked", ElementType.Int64, [], () => new byte[8]));
    }

    SafeTensors.Write(to, tensors);

    void Add(string name, Shape shape, Func<float> number) => tensors.Add(new(name, ElementType.Float32, shape,
        () => MemoryMarshal.AsBytes<float>(Enumerable.Range(0, (int)shape.Count).Select(_ => number()).ToArray()).ToArray()));
}
