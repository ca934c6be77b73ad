using CrossModal.Kernels.Cuda;
using CrossModal.Kernels.Cuda.Simulation;
using CrossModal.Kernels.Reference;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>Runs the products of kernels/wgmma.cuh on the simulator and compares them with the reference in float64.</summary>
internal sealed unsafe class WgmmaCheck : IDisposable
{
    /// <summary>
    /// Of the sum of absolute products. Operands are bfloat16 for both, so what is left is float32's error: a rounding for every sixteen
    /// products, of up to 12,000.
    /// </summary>
    private const double Tolerance = 1e-6;

    /// <summary>Half a place of bfloat16, of the number that is rounded to it.</summary>
    private const double Half = 1.0 / 256;

    private readonly CudaBackend _backend;
    private readonly ReferenceBackend _reference = new();
    private readonly List<DeviceBuffer> _buffers = [];

    public WgmmaCheck()
    {
        TestDevices.Require("cuda-sim");
        _backend = new(new SimulatedDriver(2), new DeviceSettings
        {
            Precision = Precision.BFloat16,
            MatrixProducts = KernelProvider.Handwritten,
            Convolutions = KernelProvider.Handwritten,
        });
    }

    public void Compare(in MatrixProductGeometry g, int tile, ElementType type, int slices = 1)
    {
        var shape = g;
        Compare($"{g} by tile {tile}, {slices} slices, to {type}", ((long)g.Batch * g.M * g.K, (long)g.Batch * g.K * g.N,
                (long)g.Batch * g.M * g.N), type,
            arrays => Assert.True(CudaBackend.WgmmaServes(shape, arrays)),
            arrays => _backend.WgmmaMatrixProduct(shape, arrays, tile, slices),
            (a, b, c) => _reference.MatrixProduct(shape, a, b, c));
    }

    public void Compare(ConvolutionForm form, ConvolutionGeometry g, int tile, ElementType type, int slices = 1)
    {
        var (input, weight, output) = ((long)g.Batch * g.InputHeight * g.InputWidth * g.InputChannels,
            (long)g.OutputChannels * g.KernelHeight * g.KernelWidth * g.InputChannels,
            (long)g.Batch * g.OutputHeight * g.OutputWidth * g.OutputChannels);
        var counts = form switch
        {
            ConvolutionForm.Value => (input, weight, output),
            ConvolutionForm.InputGradient => (output, weight, input),
            _ => (input, output, weight),
        };
        Compare($"{form} of {g} by tile {tile}, {slices} slices, to {type}", counts, type,
            arrays => Assert.True(CudaBackend.WgmmaServes(form, g, arrays)),
            arrays => _backend.WgmmaConvolution(form, g, arrays, tile, slices),
            (a, b, c) =>
            {
                if (form == ConvolutionForm.Value)
                    _reference.Convolution(g, a, b, c);
                else if (form == ConvolutionForm.InputGradient)
                    _reference.ConvolutionInputGradient(g, a, b, c);
                else
                    _reference.ConvolutionWeightGradient(g, a, b, c);
            });
    }

    public void Dispose() => _backend.Dispose();

    private void Compare(string what, (long A, long B, long Result) counts, ElementType type, Action<ProductArrays> serves,
        Action<ProductArrays> run, Action<DeviceArray, DeviceArray, DeviceArray> refer)
    {
        var random = new CountedRandom((ulong)what.Length + 7);
        var (a, b) = (Numbers(random, counts.A), Numbers(random, counts.B));
        var result = Allocate(counts.Result, type);
        var arrays = new ProductArrays(Upload(a), Upload(b), result);
        serves(arrays);
        run(arrays);
        var actual = Download(result);
        var expected = Reference(a, b, counts.Result, refer, value => value);
        var scale = Reference(a, b, counts.Result, refer, Math.Abs);
        for (var i = 0; i < actual.Length; i++)
        {
            var allowed = Tolerance * scale[i] + (type == ElementType.BFloat16 ? Half * Math.Abs(expected[i]) * 1.01 : 0) + 1e-30;
            var used = Math.Abs(actual[i] - expected[i]) / allowed;
            Assert.True(used <= 1, $"{what}: element {i} is {actual[i]}, expected {expected[i]}; {used:0.0} of the tolerance");
        }

        _buffers.ForEach(_backend.Memory.Release);
        _buffers.Clear();
    }

    private static BFloat16[] Numbers(CountedRandom random, long count)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
            numbers[i] = random.NextUniform(-1, 1);
        return BFloat16.Round(numbers);
    }

    private static double[] Reference(BFloat16[] a, BFloat16[] b, long results, Action<DeviceArray, DeviceArray, DeviceArray> refer,
        Func<double, double> of)
    {
        var (left, right, result) = (Array.ConvertAll(a, x => of(Value(x.Bits))), Array.ConvertAll(b, x => of(Value(x.Bits))),
            new double[results]);
        fixed (double* first = left, second = right, third = result)
            refer(new((nint)first, a.Length, ElementType.Float64), new((nint)second, b.Length, ElementType.Float64),
                new((nint)third, results, ElementType.Float64));
        return result;
    }

    private static float Value(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    private DeviceArray Allocate(long count, ElementType type)
    {
        var buffer = _backend.Memory.Allocate(count * type.Size(), "test");
        _buffers.Add(buffer);
        return new DeviceArray(buffer.Address, count, type);
    }

    private DeviceArray Upload(BFloat16[] values)
    {
        var array = Allocate(values.Length, ElementType.BFloat16);
        _backend.Upload<BFloat16>(values, array);
        return array;
    }

    private float[] Download(DeviceArray array)
    {
        if (array.Type == ElementType.BFloat16)
        {
            var halves = new BFloat16[array.Count];
            _backend.Download<BFloat16>(array, halves);
            return Array.ConvertAll(halves, x => Value(x.Bits));
        }

        var values = new float[array.Count];
        _backend.Download<float>(array, values);
        return values;
    }
}
