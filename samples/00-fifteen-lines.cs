#:project ../src/Layers/CrossModal.Layers.csproj

// The front page's fifteen lines: a small network learns "either, but not both". Run it with `dotnet run --file
// samples/00-fifteen-lines.cs`.

using CrossModal.Layers;
using CrossModal.Tensors;

using var device = Device.Open("cpu");
using var random = new RandomStream(device, seed: 1);
using var net = new Sequential(new Linear(random, 2, 16, Activation.Tanh), new Linear(random, 16, 1));
using var adam = new Adam(net, learningRate: 0.03);
using Tensor x = Tensor.From(device, [4, 2], [0f, 0, 0, 1, 1, 0, 1, 1]), y = Tensor.From(device, [4, 1], [0f, 1, 1, 0]);

for (var step = 0; step <= 200; step++)
{
    using var scope = device.Step();            // what a step makes, its end gives back
    var loss = Losses.BinaryCrossEntropyWithLogits(net.Forward(x), y);
    if (step % 100 == 0)
        Console.WriteLine($"step {step,3}: loss {loss.Item():0.000}");
    adam.Minimize(loss);
}

Console.WriteLine(string.Join("  ", net.Forward(x).Sigmoid().ToArray().Select(p => $"{p:0.000}")));
