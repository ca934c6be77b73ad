using System.Runtime.CompilerServices;

namespace CrossModal.Tensors.Tests;

/// <summary>Tensors that belong to no scope and that nobody disposes: they come back when they are garbage collected.</summary>
public sealed class ForgottenTensorTests
{
    private const int Rows = 64, Inputs = 24, Width = 64;

    /// <summary>
    /// Ten thousand steps of a training loop without any scope: what they leave would come to 400 MiB on the cpu and twice that on the
    /// reference.
    /// </summary>
    [Theory]
    [InlineData("reference")]
    [InlineData("cpu")]
    public void TenThousandCarelessStepsKeepMemoryFlat(string name)
    {
        using var device = Device.Open(name, threads: 1);
        using var random = new RandomStream(device, 3);
        var (x, target) = (random.Normal([Rows, Inputs]), random.Normal([Rows, 1]));
        var weights = new[] { random.Normal([Width, Inputs], 0, 0.2), random.Normal([1, Width], 0, 0.2) };
        foreach (var weight in weights)
            weight.RequiresGradient = true;
        Tensor Features() => x.MatrixProduct(weights[0], transposeOther: true).Tanh();
        Tensor Error() => (Features().MatrixProduct(weights[1], transposeOther: true) - target).Square().Mean();
        var first = Error().Item();
        var (made, most) = (0L, 0L);
        for (var step = 0; step < 10_000; step++)
        {
            var before = device.LiveBytes;
            var gradients = Tape.Gradients(Error(), weights);
            for (var i = 0; i < weights.Length; i++)
                weights[i].CopyFrom(weights[i] - gradients[i] * 0.05);
            Error();
            made += Math.Max(0, device.LiveBytes - before);
            most = Math.Max(most, device.LiveBytes);
        }

        Assert.True(made > 200 << 20, $"the steps left {made} bytes, too few to tell");
        Assert.True(most < 100 << 20, $"{most} bytes were alive at one time");
        var last = Error().Item();
        Assert.True(last < first / 2, $"the loss went from {first} to {last}");
    }

    [Fact]
    public void AForgottenTensorIsGivenBackByTheNextAllocation()
    {
        using var device = Device.Open("reference");
        Forget(() => Tensor.Zeros(device, [1000]));
        Collect();
        Assert.True(device.LiveBytes >= 8000);
        using var next = Tensor.Zeros(device, [1]);
        Assert.True(device.LiveBytes < 8000);
    }

    /// <summary>A view, a tensor kept from the outermost scope, and the gradients that a differentiable walk leaves.</summary>
    [Fact]
    public void WhateverLeavesTheScopesIsWatched()
    {
        using var device = Device.Open("reference");
        Forget(() =>
        {
            using var scope = new Scope();
            return scope.Keep(Tensor.Zeros(device, [1000]));
        });
        Forget(() =>
        {
            using var scope = new Scope();
            var x = Tensor.Zeros(device, [1000]);
            using var outside = Scope.Suspended();
            return x.Detach();
        });
        Forget(() =>
        {
            var x = Tensor.Full(device, [1000], 2);
            x.RequiresGradient = true;
            return Tape.Gradients((x * x * x).Sum(), [x], differentiable: true)[0];
        });
        Collect();
        using var next = Tensor.Zeros(device, [1]);
        Assert.Equal(64, device.LiveBytes);
    }

    [Fact]
    public void WhatIsStillReferredToStays()
    {
        using var device = Device.Open("reference");
        var view = Tensor.Full(device, [1000], 3).Slice(0, 10, 2);
        Collect();
        Forget(() => Tensor.Zeros(device, [1000]));
        Assert.Equal([3, 3], view.ToDoubles());
    }

    /// <summary>A recording knows addresses only; a constant that nobody else refers to must not be handed out anew.</summary>
    [Fact]
    public void ACapturedStepKeepsWhatItReads()
    {
        using var device = Device.Open("reference");
        using var result = Tensor.Zeros(device, [1000]);
        using var captured = Captured(device, result);
        Collect();
        for (var i = 0; i < 10; i++)
            Tensor.Zeros(device, [1000]);
        captured.Replay();
        Assert.All(result.ToDoubles(), value => Assert.Equal(6, value));

        [MethodImpl(MethodImplOptions.NoInlining)]
        static CapturedStep Captured(Device device, Tensor result)
        {
            var constant = Tensor.Full(device, [1000], 3);
            return device.Capture(() => result.CopyFrom(constant * 2));
        }
    }

    [Fact]
    public void TensorsMayOutliveTheirDevice()
    {
        var device = Device.Open("reference");
        Forget(() => Tensor.Zeros(device, [1000]));
        device.Dispose();
        Collect();
        Assert.Equal(0, device.LiveBytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forget(Func<Tensor> make) => make();

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }
}
