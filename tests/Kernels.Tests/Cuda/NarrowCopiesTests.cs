using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>
/// Copies of parameters in bfloat16, which the optimizer writes along: whoever else writes the parameters, products see what they are.
/// </summary>
public sealed class NarrowCopiesTests : IDisposable
{
    private const int Side = 16;

    private readonly CudaBackend _backend = new(new SimulatedDriver(1), new DeviceSettings { Precision = Precision.BFloat16 });
    private readonly List<DeviceBuffer> _buffers = [];
    private readonly DeviceArray _weight, _x, _y, _gradient, _first, _second, _rate, _step;

    public NarrowCopiesTests()
    {
        (_weight, _gradient, _first, _second) = (Floats(Side * Side), Floats(Side * Side), Floats(Side * Side), Floats(Side * Side));
        (_x, _y) = (Array(Side * Side, ElementType.BFloat16), Floats(Side * Side));
        (_rate, _step) = (Floats(1), Array(1, ElementType.Int64));
        var random = new CountedRandom(3);
        float[] Numbers() => [.. Enumerable.Range(0, Side * Side).Select(_ => random.NextNormal())];
        _backend.Upload<float>(Numbers(), _weight);
        _backend.Upload<float>(Numbers(), _gradient);
        _backend.Upload<BFloat16>(BFloat16.Round(Numbers()), _x);
        _backend.Fill(_first, 0);
        _backend.Fill(_second, 0);
        _backend.Upload<float>([0.1f], _rate);
        _backend.Upload<long>([1], _step);

        // A product makes the weight an operand, and the optimizer then keeps its copy.
        Product();
        Update();
        Agree("Adam");
    }

    [Fact]
    public void AStepConvertsNoWeights()
    {
        var launched = new List<string>();
        using var backend = new CudaBackend(new LaunchListDriver(launch => launched.Add(launch.Kernel)),
            new DeviceSettings { Precision = Precision.BFloat16 });
        for (var step = 0; step < 2; step++)
        {
            launched.Clear();
            backend.MatrixProduct(new(1, Side, Side, Side, false, false), _x, _weight, _y);
            backend.AdamAll(new(0.9, 0.999, 1e-8, 0), _rate, _step, [new(_weight, _gradient, _first, _second)]);
        }

        Assert.DoesNotContain("movement_narrow", launched);
        Assert.Equal(2, launched.Count);
    }

    [Fact]
    public void WhoeverWritesAParameterRenewsItsCopy()
    {
        for (var i = 0; i < 3; i++)
            Update();
        Agree("more steps of Adam");
        _backend.Upload<float>([.. Enumerable.Range(0, Side * Side).Select(i => i / 100f)], _weight);
        Agree("an upload");
        _backend.Upload<float>([7, 8, 9], _weight.Slice(20, 3));
        Agree("an upload into a part of it");
        _backend.Unary(UnaryOperation.Affine, _weight, _weight, 2, 1);
        Agree("a function in place");
        _backend.StridedCopy(StridedGeometry.Merge([Side * Side], [1], [1], [1]), _gradient, _weight);
        Agree("a copy");
        _backend.Fill(_weight.Slice(3, 40), 0);
        Agree("zeros in a part of it");
        _backend.Sgd(0.9, 0, _rate, _weight, _gradient, _first);
        Agree("another optimizer");
    }

    [Fact]
    public void AGraphReadsWhatWasWrittenBetweenItsRuns()
    {
        using var graph = _backend.CaptureGraph(() =>
        {
            Product();
            Update();
        });
        graph!.Launch();
        _backend.Fill(_weight, 0.5);
        var before = Expected();
        graph.Launch();
        Compare(before, "a graph after a write");
        Agree("a graph");
    }

    [Fact]
    public void ACopyEndsWithItsParameter()
    {
        // The next array lies where the parameter was; nothing is converted on its account.
        var workspace = _backend.WorkspaceBytes;
        _backend.Memory.Release(_buffers[0]);
        _buffers.RemoveAt(0);
        var next = Array(Side * Side * 2, ElementType.BFloat16);
        Assert.Equal(_weight.Address, next.Address);
        _backend.Fill(next, 1);
        Assert.Equal(workspace, _backend.WorkspaceBytes);
    }

    public void Dispose() => _backend.Dispose();

    private void Product() => _backend.MatrixProduct(new(1, Side, Side, Side, false, false), _x, _weight, _y);

    private void Update() =>
        _backend.AdamAll(new(0.9, 0.999, 1e-8, 0), _rate, _step, [new(_weight, _gradient, _first, _second)]);

    private void Agree(string what)
    {
        var expected = Expected();
        Product();
        Compare(expected, what);
    }

    private void Compare(double[] expected, string what)
    {
        var actual = new float[Side * Side];
        _backend.Download<float>(_y, actual);
        for (var i = 0; i < actual.Length; i++)
        {
            Assert.True(Math.Abs(actual[i] - expected[i]) < 1e-4 * (1 + Math.Abs(expected[i])),
                $"after {what}: {actual[i]}, {expected[i]}");
        }
    }

    /// <summary>The product of x and what the weight is now, rounded.</summary>
    private double[] Expected()
    {
        var (x, weight) = (new BFloat16[Side * Side], new float[Side * Side]);
        _backend.Download<BFloat16>(_x, x);
        _backend.Download<float>(_weight, weight);
        var product = new double[Side * Side];
        for (var row = 0; row < Side; row++)
        {
            for (var column = 0; column < Side; column++)
            {
                for (var k = 0; k < Side; k++)
                    product[row * Side + column] += x[row * Side + k] * (double)BFloat16.Round(weight[k * Side + column]);
            }
        }

        return product;
    }

    private DeviceArray Floats(int count) => Array(count, ElementType.Float32);

    private DeviceArray Array(int count, ElementType type)
    {
        var buffer = _backend.Memory.Allocate(count * (long)type.Size(), "test");
        _buffers.Add(buffer);
        return new DeviceArray(buffer.Address, count, type);
    }
}
