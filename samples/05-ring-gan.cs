#:project ../src/Layers/CrossModal.Layers.csproj

// A whole GAN: two small networks that play against each other learn eight clouds of points on a ring, and draw how in ring.svg.
// Run it with `dotnet run --file samples/05-ring-gan.cs`.
using System.Text;
using CrossModal.Layers;
using CrossModal.Tensors;

const int Batch = 128, Noise = 4, Width = 64, Modes = 8, Steps = 3000;
const double Radius = 2, Deviation = 0.1;
using var device = Device.Open("cpu");
using RandomStream weights = new(device, seed: 1), draws = new(device, seed: 1, stream: 1);
var angles = Enumerable.Range(0, Modes).Select(k => k * Math.Tau / Modes);
var modes = angles.Select(angle => (X: Radius * Math.Cos(angle), Y: Radius * Math.Sin(angle))).ToArray();

// 1. The generator turns noise into points, the discriminator points into one number: high for real ones.
var (relu, leaky) = (Activation.Relu, Activation.LeakyRelu(0.2));
using var generator = new Sequential(new Linear(weights, Noise, Width, relu), new Linear(weights, Width, Width, relu),
    new Linear(weights, Width, 2));
using var discriminator = new Sequential(new Linear(weights, 2, Width, leaky), new Linear(weights, Width, Width, leaky),
    new Linear(weights, Width, 1));
using Adam generatorAdam = new(generator, learningRate: 3e-3, beta1: 0.5), discriminatorAdam = new(discriminator, 3e-3, 0.5);
using var average = new ExponentialMovingAverage(generator, 0.99);    // smoother than the generator itself, which circles its goal

// 2. Real points: each at a mode, and a little off it.
var random = new Random(1);
Tensor RealPoints()
{
    var centers = Enumerable.Range(0, Batch).Select(_ => modes[random.Next(Modes)]).SelectMany(m => new[] { m.X, m.Y }).ToArray();
    return Tensor.From(device, [Batch, 2], centers) + draws.Normal([Batch, 2], 0, Deviation);
}

var picture = new StringBuilder();
Console.WriteLine(" step   discriminator   generator   modes found   points at a mode");
for (var step = 0; step <= Steps; step++)
{
    using var scope = device.Step();
    var (real, fake) = (RealPoints(), generator.Forward(draws.Normal([Batch, Noise])));

    // 3. The discriminator learns to tell them apart. It sees the fakes cut off from the generator. The penalty on its slope at real points
    //    (R1, Mescheder et al. 2018) lets the two come to rest, and costs a gradient of a gradient.
    real.RequiresGradient = true;
    var scores = discriminator.Forward(real);
    var discriminatorLoss = Losses.BinaryCrossEntropyWithLogits(scores, 1)
        + Losses.BinaryCrossEntropyWithLogits(discriminator.Forward(fake.Detach()), 0);
    var shown = discriminatorLoss.Item();    // read now, because a minimized loss is used up
    discriminatorAdam.Minimize(discriminatorLoss + Losses.GradientPenaltyR1(scores, real) * 0.02);

    // 4. The generator learns to make points that the discriminator takes for real.
    var generatorLoss = Losses.BinaryCrossEntropyWithLogits(discriminator.Forward(fake), 1);
    if (step % (Steps / 4) == 0)
        Show(step, shown, generatorLoss.Item());
    generatorAdam.Minimize(generatorLoss);
    average.Update();
}

File.WriteAllText("ring.svg", $"""
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 -3.4 30 6.4" font-family="sans-serif" font-size="0.45">
    <rect x="-3" y="-4" width="30" height="8" fill="white"/>{picture}</svg>
    """);
Console.WriteLine("ring.svg: circles where the real points are, dots where the generator puts its own");
// 5. A thousand points of the averaged generator, counted and drawn. A point is at a mode within four deviations of it, and a mode is found
//    when it has at least half of its share of them.
void Show(int step, double discriminatorLoss, double generatorLoss)
{
    using var pause = Tape.Paused();
    using var applied = average.Applied();
    var points = generator.Forward(draws.Normal([1000, Noise])).ToArray().Chunk(2).Select(p => (X: p[0], Y: p[1])).ToArray();
    var at = points.Select(p => Array.FindIndex(modes, m => Math.Sqrt(Math.Pow(p.X - m.X, 2) + Math.Pow(p.Y - m.Y, 2)) < 4 * Deviation));
    var shares = at.Where(mode => mode >= 0).CountBy(mode => mode).Select(mode => mode.Value).ToArray();
    Console.WriteLine($"{step,5}   {discriminatorLoss,13:0.000}   {generatorLoss,9:0.000}   "
        + $"{shares.Count(share => share > 1000 / Modes / 2),6} of {Modes}   {shares.Sum() / 10.0,14:0.0} %");
    var left = 6.0 * step / (Steps / 4);
    picture.AppendLine($"<text x='{left:0.00}' y='-2.8' text-anchor='middle'>step {step}</text>");
    foreach (var (x, y) in modes)
        picture.AppendLine($"<circle cx='{left + x:0.00}' cy='{y:0.00}' r='0.3' fill='none' stroke='#999' stroke-width='0.03'/>");
    foreach (var (x, y) in points)
        picture.AppendLine($"<circle cx='{left + x:0.00}' cy='{y:0.00}' r='0.03' fill='#d1495b'/>");
}
