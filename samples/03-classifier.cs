#:project ../src/Layers/CrossModal.Layers.csproj

// A small convolutional classifier, from data to a file of weights. Run it with `dotnet run --file samples/03-classifier.cs`.

using CrossModal.Layers;
using CrossModal.Tensors;

const int Size = 16, Batch = 64, Epochs = 8, Steps = 40;
string[] names = ["disc", "ring", "square", "cross"];
using var device = Device.Open("cpu");

// 1. The data: pictures of four shapes, somewhere in the picture, large or small, in noise. Pixels lie in [0, 1], about.
var random = new Random(1);
(Tensor Pictures, Tensor Labels) MakeBatch(int count)
{
    var pixels = new float[count * Size * Size];
    var labels = new int[count];
    for (var i = 0; i < count; i++)
    {
        var shape = labels[i] = random.Next(names.Length);
        var (row, column, radius) = (5 + 6 * random.NextSingle(), 5 + 6 * random.NextSingle(), 2.5f + 2 * random.NextSingle());
        for (var at = 0; at < Size * Size; at++)
        {
            var (y, x) = (at / Size - row, at % Size - column);
            var (round, square) = (MathF.Sqrt(x * x + y * y), MathF.Max(MathF.Abs(x), MathF.Abs(y)));
            var inside = shape switch
            {
                0 => round < radius,
                1 => MathF.Abs(round - radius) < 0.8f,
                2 => MathF.Abs(square - radius) < 0.8f,
                _ => square < radius && MathF.Min(MathF.Abs(x), MathF.Abs(y)) < 0.8f,
            };
            pixels[i * Size * Size + at] = (inside ? 0.8f : 0.2f) + 0.3f * (random.NextSingle() - 0.5f);
        }
    }

    return (Tensor.From(device, [count, Size, Size, 1], pixels), Tensor.From(device, [count], labels));
}

// 2. The network: two convolutions that halve the picture, each with ReLU, then one score for each class. Its first weights are drawn from
//    `weights`, so the same seed gives the same network everywhere.
Sequential MakeNetwork(ulong seed)
{
    using var weights = new RandomStream(device, seed);
    return new Sequential(
        new Convolution2d(weights, 1, 16, kernel: 3, new(Stride: 2, Padding: 1), Activation.Relu),
        new Convolution2d(weights, 16, 32, kernel: 3, new(Stride: 2, Padding: 1), Activation.Relu),
        new Linear(weights, 4 * 4 * 32, names.Length, inputImage: [4, 4, 32]));
}

using var net = MakeNetwork(seed: 1);
using var adam = new Adam(net, learningRate: 5e-3);
Console.WriteLine($"{net.ParameterCount} parameters: {string.Join(", ", net.NamedParameters.Select(p => $"{p.Name} {p.Tensor.Shape}"))}\n");

// 3. Training: a loss of each batch, and a step against its gradient. What a step makes is given back when it ends.
using var test = device.Step();
var (pictures, labels) = MakeBatch(1000);    // never trained on
for (var epoch = 1; epoch <= Epochs; epoch++)
{
    var sum = 0.0;
    for (var step = 0; step < Steps; step++)
    {
        using var scope = device.Step();
        var (x, y) = MakeBatch(Batch);
        var loss = Losses.SoftmaxCrossEntropy(net.Forward(x), y);
        sum += loss.Item();
        adam.Minimize(loss);
    }

    Console.WriteLine($"epoch {epoch}: loss {sum / Steps:0.000}, {Classify(net).Count(one => one.Right) / 10.0:0.0} % of the test right");
}

// 4. Nothing is remembered for a gradient here, and `Training` is off, which tells layers such as dropout and batch normalization.
(int Class, double Probability, bool Right)[] Classify(Layer network)
{
    using var scope = device.Step();
    using var pause = Tape.Paused();
    network.Training = false;
    var rows = network.Forward(pictures).Softmax().ToArray().Chunk(names.Length);
    network.Training = true;
    return [.. rows.Zip(labels.ToInts(), (row, label) => (row.IndexOf(row.Max()), (double)row.Max(), row[label] == row.Max()))];
}

// 5. A checkpoint is a safetensors file with PyTorch's names and order of axes. Loaded into another network, it answers the same.
var file = Path.Combine(Path.GetTempPath(), "classifier.safetensors");
new Checkpoint().Add("net", net).Save(file);
using var other = MakeNetwork(seed: 2);
new Checkpoint().Add("net", other).Load(file);
Console.WriteLine($"\nsaved, and loaded into another network: the same answers: {Classify(net).SequenceEqual(Classify(other))}");

// 6. One picture, and what the network sees in it.
foreach (var line in pictures[0, .., .., 0].ToArray().Chunk(Size))
    Console.WriteLine(string.Concat(line.Select(pixel => " .:#"[Math.Clamp((int)(pixel * 4), 0, 3)]).SelectMany(c => new[] { c, c })));
var answer = Classify(net)[0];
Console.WriteLine($"a {names[answer.Class]}, {100 * answer.Probability:0.0} % sure; {(answer.Right ? "right" : "wrong")}");
