using System.Numerics;
using CrossModal.Kernels;
using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>An op of the user's is an op like ours: on every device, on the tape, in a captured step, in a gradient check.</summary>
public sealed class CustomOpTests
{
    private const string SwishText = """
        extern "C" __global__ void swish(const float* x, float* y, long long count) {
            const long long i = static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x;
            if (i < count)
                y[i] = x[i] / (1.0f + expf(-x[i]));
        }
        """;

    private static readonly CudaKernel SwishKernel = new(SwishText, "swish");

    private static readonly CustomOp Swish = new("swish")
    {
        Cpu = ComputeSwish,
        Reference = ComputeSwish,
        Cuda = (x, y) => SwishKernel.Launch(LaunchShape.For(y.Count), x[0], y, y.Count),
        VectorJacobians = [(gradient, x, y) => gradient * SwishSlope!.Apply(x[0])],
    };

    /// <summary>What the derivative multiplies by, in tensor ops, so that it can be differentiated again.</summary>
    private static readonly CustomOp SwishSlope = new("swish slope")
    {
        Forward = x => x[0].Sigmoid() * (x[0] * (1 - x[0].Sigmoid()) + 1),
    };

    public static TheoryData<string> Devices => ["reference", "cpu", "cuda-sim"];

    private static void ComputeSwish<T>(HostArguments<T> x, Span<T> y) where T : unmanaged, IFloatingPointIeee754<T>
    {
        var values = x[0];
        for (var i = 0; i < y.Length; i++)
            y[i] = values[i] / (T.One + T.Exp(-values[i]));
    }

    private static OpCase Case(CustomOp op, params OpInput[] inputs) =>
        new("custom", op.Name, inputs, (_, x) => op.Apply(x), Tolerance.Elementwise);

    private static Device Open(string name)
    {
        TestDevices.Require(name);
        return Device.Open(name, threads: 2);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void ItAgreesWithTheReferenceOnEveryDevice(string name)
    {
        using Device device = Open(name), reference = Device.Open("reference");
        Assert.Null(Selftest.Run(Case(Swish, new OpInput(new Shape(3, 171))), device, reference).Failure);
        Assert.Null(Selftest.Run(Case(Swish, new OpInput(new Shape(0, 2))), device, reference).Failure);
    }

    [Fact]
    public void DifferencesConfirmItsDerivatives()
    {
        Assert.Empty(GradientCheck.FirstOrder(Case(Swish, new OpInput(new Shape(3, 17)))));
        Assert.Empty(GradientCheck.SecondOrder(Case(Swish, new OpInput(new Shape(3, 17)))));
        var wrong = new CustomOp("wrong swish") { Reference = ComputeSwish, VectorJacobians = [(gradient, x, _) => gradient * x[0]] };
        Assert.NotEmpty(GradientCheck.FirstOrder(Case(wrong, new OpInput(new Shape(3, 17)))));
    }

    /// <summary>The element of each row that its label names: two arguments, labels among them, and a result of another shape.</summary>
    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void LabelsAndShapesAreGiven(string name)
    {
        static void Take<T>(HostArguments<T> x, Span<T> y) where T : unmanaged
        {
            for (var row = 0; row < y.Length; row++)
                y[row] = x[0][row * x.Shape(0)[1] + x.Labels(1)[row]];
        }

        var take = new CustomOp("take")
        {
            Cpu = Take,
            Reference = Take,
            ResultShape = shapes => new Shape(shapes[0][0]),
            VectorJacobians = [(gradient, x, _) => gradient.Reshape(new Shape(x[0].Shape[0], 1)) * x[1].OneHot(x[0].Shape[1]), null],
        };
        using Device device = Device.Open(name), reference = Device.Open("reference");
        var opCase = Case(take, new OpInput(new Shape(4, 3)), new OpInput(new Shape(4), Draw.Labels) { Classes = 3 });
        Assert.Null(Selftest.Run(opCase, device, reference).Failure);
        Assert.Empty(GradientCheck.FirstOrder(opCase));
        using var scope = new Scope();
        var (rows, labels) = (Tensor.From(device, new Shape(2, 2), [1f, 2, 4, 3]), Tensor.From(device, new Shape(2), [1, 0]));
        Assert.Equal([2, 4], take.Apply(rows, labels).ToArray());
        var wrong = new CustomOp("wrong") { Cpu = (x, y) => x[1].CopyTo(y), Reference = (x, y) => x[1].CopyTo(y) };
        Assert.StartsWith("wrong: argument 1 holds Int32 and was read as", Message<ArgumentException>(() => wrong.Apply(rows, labels)));
    }

    /// <summary>An op in tensor ops with a derivative of its own: gradient reversal (Ganin et al. 2016).</summary>
    [Fact]
    public void AForwardMayReturnItsArgumentAndHaveAnotherDerivative()
    {
        var reversal = new CustomOp("gradient reversal") { Forward = x => x[0], VectorJacobians = [(gradient, _, _) => -gradient] };
        using var device = Device.Open("cpu");
        using var scope = new Scope();
        var x = Tensor.From(device, new Shape(2), [3f, 5]);
        x.RequiresGradient = true;
        var y = reversal.Apply(x);
        Assert.Equal([3, 5], y.ToArray());
        Assert.Equal([-6, -10], Tape.Gradients((y * y).Sum(), [x])[0].ToArray());
        Assert.Equal([3, 5], x.ToArray());
    }

    [Fact]
    public void WithoutDerivativesTheTapeRemembersTheOpsOfForward()
    {
        var square = new CustomOp("square") { Forward = x => x[0] * x[0] };
        Assert.Empty(GradientCheck.SecondOrder(Case(square, new OpInput(new Shape(5)))));
    }

    [Fact]
    public void ItKeepsNothingThatItDoesNotNeed()
    {
        using var device = Device.Open("cpu");
        using var scope = new Scope();
        var twice = new CustomOp("four times")
        {
            Forward = x => x[0] + x[0] + (x[0] + x[0]),
            VectorJacobians = [(gradient, _, _) => gradient * 4],
        };
        var x = Tensor.Zeros(device, new Shape(1024));
        x.RequiresGradient = true;
        var before = device.LiveBytes;
        twice.Apply(x);
        Assert.Equal(4096, device.LiveBytes - before);
    }

    [Fact]
    public void APausedTapeRemembersNothing()
    {
        using var device = Device.Open("cpu");
        using var scope = new Scope();
        var x = Tensor.Zeros(device, new Shape(3));
        x.RequiresGradient = true;
        using (Tape.Paused())
            Assert.False(Swish.Apply(x).IsTracked);
        Assert.True(Swish.Apply(x).IsTracked);
        Assert.False(Swish.Apply(x.Detach()).IsTracked);
    }

    [Fact]
    public void ANonFiniteResultNamesTheOp()
    {
        using var device = Device.Open("cpu");
        using var scope = new Scope();
        device.CheckFinite = true;
        var op = new CustomOp("one over") { Cpu = (x, y) => y[0] = 1 / x[0][0] };
        var error = Assert.Throws<NonFiniteException>(() => op.Apply(Tensor.Zeros(device, new Shape(1))));
        Assert.StartsWith("one over made Infinity", error.Message);
    }

    /// <summary>A captured step repeats it, and its derivative, over the same memory; on the host's devices without garbage.</summary>
    [Theory]
    [MemberData(nameof(Devices))]
    public void ACapturedStepRepeatsIt(string name)
    {
        using var device = Open(name);
        using var scope = new Scope();
        var (x, result) = (Tensor.From(device, new Shape(3, 5), Numbers(1)), Tensor.Zeros(device, new Shape(3, 5)));
        x.RequiresGradient = true;
        void Step()
        {
            using var inner = new Scope();
            result.CopyFrom(Tape.Gradients(Swish.Apply(x).Square().Sum(), [x])[0]);
        }

        Step();
        using var captured = device.Capture(Step);
        for (var round = 2; round < 5; round++)
        {
            x.Write(Numbers(round));
            captured.Replay();
            var replayed = result.ToArray();
            Step();
            Assert.Equal(result.ToArray(), replayed);
        }

        if (name == "cuda-sim")
            return;
        for (var warm = 0; warm < 50; warm++)
            captured.Replay();
        var before = GC.GetAllocatedBytesForCurrentThread();
        captured.Replay();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Fact]
    public void WrongUseIsSaidInOneLine()
    {
        using Device device = Device.Open("cpu"), reference = Device.Open("reference");
        using var scope = new Scope();
        var x = Tensor.Zeros(device, new Shape(3));
        Assert.Equal("swish was given 2 arguments and has derivatives by 1", Message<ArgumentException>(() => Swish.Apply(x, x)));
        Assert.Equal("swish was given 0 arguments and has derivatives by 1", Message<ArgumentException>(() => Swish.Apply()));
        Assert.Equal("join: Float64 [3] lies on reference, and the op is computed on cpu; all tensors of an op must be of one device",
            Message<ShapeException>(() => new CustomOp("join") { Cpu = (_, y) => y.Clear(), VectorJacobians = [null, null] }
                .Apply(x, Tensor.Zeros(reference, new Shape(3)))));
        var onlyCpu = new CustomOp("copy") { Cpu = (x, y) => x[0].CopyTo(y) };
        Assert.Equal("copy cannot be computed on reference: give it Reference, or Forward",
            Message<NotSupportedException>(() => onlyCpu.Apply(Tensor.Zeros(reference, new Shape(3)))));
        x.RequiresGradient = true;
        Assert.Equal("copy: argument 0 asks for a gradient and there is no derivative by it; give one in VectorJacobians, detach the "
            + "argument, or pause the tape", Message<InvalidOperationException>(() => onlyCpu.Apply(x)));
        var wide = new CustomOp("wide") { Cpu = (x, y) => x[0].CopyTo(y), VectorJacobians = [(gradient, _, _) => gradient.Sum()] };
        Assert.Equal("wide: a gradient of shape [] for an argument of shape [3]",
            Message<InvalidOperationException>(() => Tape.Gradients(wide.Apply(x).Sum(), [x])));
    }

    private static string Message<TException>(Action action) where TException : Exception => Assert.Throws<TException>(action).Message;

    private static float[] Numbers(int stream)
    {
        var random = new CountedRandom(17, (ulong)stream);
        return [.. Enumerable.Range(0, 15).Select(_ => random.NextNormal())];
    }
}
