#:project ../src/Layers/CrossModal.Layers.csproj

// Gradients, and gradients of gradients. Run it with `dotnet run --file samples/02-gradients.cs`.

using CrossModal.Tensors;

using var device = Device.Open("reference");    // float64, because the differences below need its digits
using var scope = new Scope();

// 1. Ask for gradients by a tensor, compute something from it, and the tape remembers how.
var x = Tensor.From(device, [3], [1.0, 2, 3]);
x.RequiresGradient = true;
var y = (x * x * x).Sum();
Console.WriteLine($"y = Σ x³ = {y}");

// 2. The gradient of a single number by what it was computed from: here 3 x².
var gradient = Tape.Gradients(y, [x])[0];
Console.WriteLine($"dy/dx = 3 x² = {gradient}\n");

// 3. A gradient can be remembered itself, and then differentiated like anything else, as often as you like. For f(x) = sin x:
var t = Tensor.From(device, [], [0.5]);
t.RequiresGradient = true;
var f = t.Sin();
foreach (var name in new[] { " cos", "-sin", "-cos", " sin", " cos" })
{
    f = Tape.Gradients(f, [t], differentiable: true)[0];
    Console.WriteLine($"the next derivative of sin at 0.5 is {name} 0.5 = {f}");
}

// 4. Is it true? Derivatives are small programs of tensor operations, and differences (f(x + h) - f(x - h)) / 2h check them.
Tensor Network(Tensor input) => (input.Tanh() * input).Softplus().Sum();
var analytic = Tape.Gradients(Network(x), [x])[0];
using (Tape.Paused())    // nothing is remembered in here
{
    var h = 1e-5;
    for (var i = 0; i < 3; i++)
    {
        var step = Tensor.Full(device, [1], h).Embed(0, i, 3);    // h at place i, zeros around it
        var difference = (Network(x + step) - Network(x - step)) / (2 * h);
        Console.WriteLine($"by element {i}: {analytic[i].Item():0.00000000} on the tape, {difference.Item():0.00000000} by differences");
    }
}

// 5. What this is good for: the gradient penalty of a GAN asks that the slope of a critic c(x) stays small, so its loss contains a
//    gradient, and training differentiates that loss. Here c(x) = a x², so the penalty is (2 a x)², and its derivative by a is 8 a x².
var a = Tensor.From(device, [], [0.25]);
a.RequiresGradient = true;
var slope = Tape.Gradients((x * x * a).Sum(), [x], differentiable: true)[0];
var penalty = slope.Square().Sum();
Console.WriteLine($"\nslopes {slope}, penalty {penalty}, its derivative by a {Tape.Gradients(penalty, [a])[0]} (8 · 0.25 · 14 = 28)");

// 6. Newton's method needs the second derivative: it finds the minimum of (x - 2)⁴ + x², where 4 (x - 2)³ + 2 x = 0.
var at = 0.0;
for (var round = 1; round <= 6; round++)
{
    using var inner = new Scope();
    var p = Tensor.From(device, [], [at]);
    p.RequiresGradient = true;
    var loss = (p - 2).Square().Square() + p.Square();
    var first = Tape.Gradients(loss, [p], differentiable: true)[0];
    var second = Tape.Gradients(first, [p])[0];
    at -= first.Item() / second.Item();
    Console.WriteLine($"round {round}: x = {at:0.0000000000}");
}

Console.WriteLine($"the slope there: {4 * Math.Pow(at - 2, 3) + 2 * at:0.0e0}");
