#:project ../src/Verification/CrossModal.Verification.csproj

// An op of your own: its value over plain arrays, one derivative for each argument, and the same checks as for every op of the library.
//
// Snake (Ziyin, Hartwig, Ueda 2020), an activation for signals that repeat, which networks for sound use:
//
//     snake(x, a) = x + sin²(a x) / a
//
// with a frequency `a` that is learned. By calculus, with y = snake(x, a):
//
//     dy/dx = 1 + sin(2 a x)            dy/da = (x sin(2 a x) - (y - x)) / a

using System.Numerics;
using CrossModal.Tensors;
using CrossModal.Verification;

// 1. The value, written once: T is float on the device `cpu`, and double on `reference`, which defines what is right.
static void ComputeSnake<T>(HostArguments<T> arguments, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
{
    var x = arguments[0];
    var a = arguments[1][0];
    for (var i = 0; i < y.Length; i++)
    {
        var sine = T.Sin(a * x[i]);
        y[i] = x[i] + sine * sine / a;
    }
}

// 2. The op. A vector-Jacobian product gets the gradient of the result, the arguments and the result, and returns the gradient of its
//    argument. It is written in tensor ops, so it can be differentiated again. On other devices the op is computed in tensor ops, too.
var snake = new CustomOp("snake")
{
    Cpu = ComputeSnake,
    Reference = ComputeSnake,
    Forward = x => x[0] + (x[0] * x[1]).Sin().Square() / x[1],
    VectorJacobians =
    [
        (gradient, x, y) => gradient * ((x[0] * x[1] * 2).Sin() + 1),
        (gradient, x, y) => (gradient * (x[0] * (x[0] * x[1] * 2).Sin() - (y - x[0])) / x[1]).Sum(),
    ],
};

// 3. Is it right? Every derivative, and every derivative of a derivative, against differences in float64: (f(x + h) - f(x - h)) / 2h.
OpCase Case(CustomOp op) => new("custom", op.Name, [new OpInput([4, 5]), new OpInput([], Draw.Positive)],
    (_, inputs) => op.Apply(inputs[0], inputs[1]), Tolerance.Elementwise);

Console.WriteLine($"first derivatives:  {GradientCheck.FirstOrder(Case(snake)).Count} mistakes");
Console.WriteLine($"second derivatives: {GradientCheck.SecondOrder(Case(snake)).Count} mistakes");

//    A forgotten factor is found, and the report says where.
var wrong = new CustomOp("wrong snake")
{
    Reference = ComputeSnake,
    VectorJacobians = [(gradient, x, y) => gradient * ((x[0] * x[1]).Sin() + 1), snake.VectorJacobians[1]],
};
Console.WriteLine(GradientCheck.FirstOrder(Case(wrong))[0]);

//    The device `cpu` against `reference`: value and gradients.
using var device = Device.Open("cpu");
using var reference = Device.Open("reference");
Console.WriteLine($"cpu agrees with reference: {Selftest.Run(Case(snake), device, reference).Passed}");

// 4. It learns like any other op. The signal below is a snake of frequency 1.5; a starts at 1 and descends the gradient of the error.
using var scope = new Scope();
var points = Enumerable.Range(-20, 41).Select(i => i / 10f).ToArray();
var x = Tensor.From(device, [points.Length], points);
var target = snake.Apply(x, Tensor.Full(device, [], 1.5));
var a = Tensor.Full(device, [], 1);
a.RequiresGradient = true;
for (var step = 0; step <= 40; step++)
{
    using var inner = new Scope();
    var loss = (snake.Apply(x, a) - target).Square().Mean();
    if (step % 20 == 0)
        Console.WriteLine($"step {step,2}: a = {a.Item():0.0000}, error {loss.Item():0.000000}");
    a.CopyFrom(a.Detach() - Tape.Gradients(loss, [a])[0] * 0.3);
}
