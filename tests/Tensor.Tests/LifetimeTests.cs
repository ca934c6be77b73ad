using CrossModal.Kernels;
using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>No op is ever handed memory that was given back, or that is another device's.</summary>
public sealed class LifetimeTests
{
    public static TheoryData<string> Devices => ["reference", "cpu", "cuda-sim"];

    [Theory]
    [MemberData(nameof(Devices))]
    public void NoOpTakesTensorsOfTwoDevices(string name)
    {
        using Device one = Open(name), other = Open(name == "reference" ? "reference" : "cpu");
        foreach (var opCase in Small().Where(opCase => opCase.Inputs.Length > 1))
        {
            // The last input of an update is the learning rate, which a moving average leaves alone.
            var used = opCase.Name.StartsWith("moving average", StringComparison.Ordinal) ? 2 : opCase.Inputs.Length;
            for (var foreign = 1; foreign < used; foreign++)
            {
                using var scope = new Scope();
                var inputs = opCase.CreateInputs(one);
                inputs[foreign] = opCase.CreateInputs(other)[foreign];
                var error = Record.Exception(() => opCase.Function(one, inputs));
                Assert.True(error is ShapeException && error.Message.Contains(one.Name) && error.Message.Contains(other.Name)
                    && error.Message.Contains("one device"), $"{opCase}, input {foreign}: {error}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void ACopyBetweenDevicesIsRefused(string name)
    {
        using Device one = Open(name), other = Open(name);
        using var scope = new Scope();
        Tensor x = Tensor.Zeros(one, [3]), y = Tensor.Zeros(other, [3]);
        Assert.Equal($"copy: {x.Type} [3] lies on another {name}, and the op is computed on {name}; all tensors of an op must be of one "
            + "device",
            Assert.Throws<ShapeException>(() => y.CopyFrom(x)).Message);
        Assert.Throws<ShapeException>(() => Tensor.Concatenate(0, x, y));
        Assert.Throws<ShapeException>(() => x.InterpolateInPlace(y, 0.5));
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void AfterItsDeviceATensorIsAnErrorThatNamesTheDevice(string name)
    {
        var device = Open(name);
        var cases = Small().Select(opCase => (opCase, Inputs: Scoped(() => opCase.CreateInputs(device)))).ToArray();
        var x = Tensor.From(device, [2], [1f, 2f]);
        var stream = new RandomStream(device, 1);
        device.Dispose();
        device.Dispose();
        foreach (var (opCase, inputs) in cases)
            Expect(() => opCase.Function(device, inputs)[0].ToArray(), opCase.ToString());
        Expect(() => x.ToArray());
        Expect(() => x.Write([3f, 4f]));
        Expect(() => x.Reshape(2, 1));
        Expect(() => Tensor.Zeros(device, [1]));
        Expect(() => stream.Normal([4]));
        Expect(() => stream.Position = 1);
        Expect(() => device.Capture(() => { }));
        Expect(device.Synchronize);
        Assert.Equal($"{x.Type} [2] on {name}", x.ToString());

        // Giving up what is gone already does nothing.
        x.Dispose();
        stream.Dispose();
        foreach (var input in cases.SelectMany(each => each.Inputs))
            input.Dispose();
        Assert.Equal(0, device.LiveBytes);

        void Expect(Action use, string what = "")
        {
            var error = Record.Exception(use);
            Assert.True(error is ObjectDisposedException && error.Message.Contains($"the device {name} was disposed of"),
                $"{what}: {error}");
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void ACapturedStepKeepsWhatItWorksOn(string name)
    {
        using var device = Open(name);
        const int Count = 300_000;
        Tensor x = Tensor.Full(device, [Count], 2), y = Tensor.Zeros(device, [Count]), view;
        using (var scope = new Scope())
            view = scope.Keep(y.Reshape(Count, 1));
        var step = device.Capture(() => y.CopyFrom(x * x + 1));
        x.Dispose();
        y.Dispose();

        // Whoever asks for memory now must not be given what the step writes to.
        using var later = Tensor.Full(device, [Count], 7);
        using var more = Tensor.Full(device, [Count], 8);
        step.Replay();
        Assert.All(later.ToArray(), value => Assert.Equal(7, value));
        Assert.All(more.ToArray(), value => Assert.Equal(8, value));
        Assert.All(view.ToArray(), value => Assert.Equal(5, value));
        step.Dispose();
        view.Dispose();
        Assert.Equal(later.Bytes + more.Bytes, device.LiveBytes, 8192.0);
        Assert.Contains("captured step", Assert.Throws<ObjectDisposedException>(step.Replay).Message);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void AStepOfADeviceThatIsGoneCannotBeReplayed(string name)
    {
        var device = Open(name);
        var x = Tensor.Full(device, [100], 2);
        var step = device.Capture(() => x.CopyFrom(x * x));
        Assert.Throws<InvalidOperationException>(() => device.Capture(device.Dispose));
        device.Dispose();
        Assert.Contains(name, Assert.Throws<ObjectDisposedException>(step.Replay).Message);
        step.Dispose();
        x.Dispose();
    }

    private static IEnumerable<OpCase> Small() => OpCases.All.Where(opCase => opCase.Inputs.Sum(input => input.Shape.Count) < 2000);

    private static Tensor[] Scoped(Func<Tensor[]> make)
    {
        using var scope = new Scope();
        return System.Array.ConvertAll(make(), scope.Keep);
    }

    private static Device Open(string name)
    {
        if (name == "cuda-sim")
            TestDevices.Require(name);
        return Device.Open(name, threads: 1);
    }
}
