using CrossModal.Kernels.Cuda;

namespace CrossModal.Kernels.Tests.Cuda;

/// <summary>When the versions for warpgroups are taken: where they were measured to be the fastest, and nowhere else.</summary>
public sealed class WgmmaChoiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("crossmodal-wgmma").FullName;
    private readonly List<string> _launched = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(9, 0, 1f, true)]
    [InlineData(9, 0, 100f, false)]     // slower than the others
    [InlineData(8, 0, 1f, false)]
    [InlineData(10, 0, 1f, false)]      // its successors lack these instructions
    public void TheyAreTakenWhereTheyAreFastest(int major, int minor, float milliseconds, bool taken)
    {
        using var backend = Open((major, minor), milliseconds);
        Assert.Equal(taken, Product(backend).Contains("_wgmma_", StringComparison.Ordinal));
        foreach (var form in taken ? Enum.GetValues<ConvolutionForm>() : [ConvolutionForm.Value])
            Assert.Equal(taken, Convolution(backend, form, channels: 8).Contains("_wgmma_", StringComparison.Ordinal));
    }

    /// <summary>A tile with one wrong number is out of the running; the others are not.</summary>
    [Theory]
    [InlineData("matrix_product_wgmma_128x256_tn")]
    [InlineData("convolution_weight_gradient_wgmma_128x256")]
    public void WhoIsWrongIsNotTaken(string kernel)
    {
        using var backend = Open((9, 0), 1, wrong: kernel);
        Assert.EndsWith("_128x128_nn", Product(backend), StringComparison.Ordinal);
        Assert.Contains(backend.ComputedBy, line => line.StartsWith($"without a tile of warpgroups: {kernel} was wrong on this GPU: "));
    }

    /// <summary>Channels that are no multiple of 8 are for others, whoever is fastest.</summary>
    [Fact]
    public void WhatTheyCannotDoIsLeftToOthers()
    {
        using var backend = Open((9, 0), 1);
        foreach (var form in Enum.GetValues<ConvolutionForm>())
            Assert.DoesNotContain("_wgmma_", Convolution(backend, form, channels: 12));
    }

    /// <summary>
    /// Measuring runs those that add bias and LeakyReLU as they write, and those that leave them to a pass, one after the other. Who is
    /// taken then has to give the whole, in the very call that measured.
    /// </summary>
    [Theory]
    [InlineData(1f, true)]
    [InlineData(100f, false)]
    public void BiasAndSlopeAreAddedOnceWhoeverIsTaken(float milliseconds, bool taken)
    {
        const int side = 4, channels = 8;
        using var backend = Open((9, 0), milliseconds, tiled: 30);
        using var arrays = new Halves(backend);
        var (input, weight, output) = (arrays.Of(side * side * channels), arrays.Of(9 * channels * channels),
            arrays.Of(side * side * channels));
        var buffer = backend.Memory.Allocate(channels * sizeof(float), "test");
        var bias = new DeviceArray(buffer.Address, channels, ElementType.Float32);
        backend.Fill(bias, -50);
        var geometry = new ConvolutionGeometry(1, new(side, 3, 1, 1), new(side, 3, 1, 1), channels, channels);
        for (var call = 0; call < 2; call++)
        {
            backend.ConvolutionAddLeakyRelu(geometry, input, weight, bias, 0.5, output);
            var values = new BFloat16[output.Count];
            backend.Download<BFloat16>(output, values);

            // A corner has four taps of the window, the pixel beside the diagonal's second all nine.
            Assert.Equal(((4 * channels - 50) * 0.5f, 9f * channels - 50), ((float)values[0], (float)values[(side + 1) * channels]));
        }

        Assert.Equal(taken, _launched.FindLast(name => name.StartsWith("convolution", StringComparison.Ordinal))!.Contains("_wgmma_"));
        backend.Memory.Release(buffer);
    }

    /// <summary>Measuring runs everyone again and again; the running statistics move once a call, in the one that measured, too.</summary>
    [Theory]
    [InlineData(1f, 8, true)]
    [InlineData(100f, 8, false)]
    [InlineData(1f, 7, true)]     // rows that are no whole tile: a pass of its own
    public void RunningStatisticsMoveOnceWhoeverIsTaken(float milliseconds, int batch, bool taken)
    {
        const int side = 4, channels = 8;
        using var backend = Open((9, 0), milliseconds, tiled: 30);
        using var arrays = new Halves(backend);
        var (input, weight, output) = (arrays.Of(batch * side * side * channels), arrays.Of(9 * channels * channels),
            arrays.Of(batch * side * side * channels));
        var buffer = backend.Memory.Allocate(4 * channels * sizeof(float), "test");
        var all = new DeviceArray(buffer.Address, 4 * channels, ElementType.Float32);
        backend.Fill(all, 0);
        var asked = new ResultStatistics(new(1, batch * side * side, channels, 0), 0.5, 1, new(all.Slice(0, channels),
            all.Slice(channels, channels), all.Slice(2 * channels, channels), all.Slice(3 * channels, channels)));
        var geometry = new ConvolutionGeometry(batch, new(side, 3, 1, 1), new(side, 3, 1, 1), channels, channels);
        foreach (var moved in new[] { 0.5f, 0.75f })
        {
            backend.ConvolutionStatistics(geometry, input, weight, output, asked);
            var values = new float[all.Count];
            backend.Download<float>(all, values);

            // Windows at four corners have four taps of ones, at eight sides six, at four places all nine.
            const float mean = (4 * 4 + 8 * 6 + 4 * 9) / 16f * channels;
            const float variance = ((4 * 16 + 8 * 36 + 4 * 81) / 16f * channels * channels) - (mean * mean);
            Assert.Equal([mean, variance, moved * mean, moved * variance],
                [values[0], values[channels], values[2 * channels], values[3 * channels]]);
        }

        Assert.Equal(taken, _launched.FindLast(name => name.StartsWith("convolution", StringComparison.Ordinal))!.Contains("_wgmma_"));
        backend.Memory.Release(buffer);
    }

    private static DeviceSettings Settings => new()
    {
        Precision = Precision.BFloat16,
        MatrixProducts = KernelProvider.Handwritten,
        Convolutions = KernelProvider.Handwritten,
    };

    private CudaBackend Open((int Major, int Minor) capability, float milliseconds, string? wrong = null, float tiled = 10)
    {
        TestDevices.Require("cuda-sim");
        var driver = new GpuLikeDriver
        {
            Capability = capability,
            Spoils = name => name == wrong,
            MillisecondsOf = kernel =>
            {
                _launched.Add(kernel);
                return kernel.Contains("_wgmma_", StringComparison.Ordinal) ? milliseconds
                    : kernel.StartsWith("convolution_", StringComparison.Ordinal) ? tiled
                    : 10;
            },
        };
        return new CudaBackend(driver, Settings) { ChoiceFolder = _folder };
    }

    /// <summary>The kernel of the last launch of a product, which is done twice: the first time measures.</summary>
    private string Product(CudaBackend backend)
    {
        using var arrays = new Halves(backend);
        var (a, b, c) = (arrays.Of(16 * 24), arrays.Of(24 * 16), arrays.Of(16 * 16));
        return Last(() => backend.MatrixProduct(new(1, 16, 16, 24, false, false), a, b, c));
    }

    private string Convolution(CudaBackend backend, ConvolutionForm form, int channels)
    {
        using var arrays = new Halves(backend);
        var geometry = new ConvolutionGeometry(1, new(4, 3, 1, 1), new(4, 3, 1, 1), channels, 8);
        var (input, weight, output) = (arrays.Of(16 * channels), arrays.Of(9 * channels * 8), arrays.Of(16 * 8));
        return Last(() =>
        {
            if (form == ConvolutionForm.Value)
                backend.Convolution(geometry, input, weight, output);
            else if (form == ConvolutionForm.InputGradient)
                backend.ConvolutionInputGradient(geometry, output, weight, input);
            else
                backend.ConvolutionWeightGradient(geometry, input, output, weight);
        });
    }

    private string Last(Action launch)
    {
        launch();
        launch();
        return _launched.LastOrDefault(name => !name.StartsWith("slices", StringComparison.Ordinal)) ?? "";
    }

    /// <summary>Arrays of ones in bfloat16, given back together.</summary>
    private sealed class Halves(CudaBackend backend) : IDisposable
    {
        private readonly List<DeviceBuffer> _buffers = [];

        public DeviceArray Of(int count)
        {
            var buffer = backend.Memory.Allocate(count * ElementType.BFloat16.Size(), "test");
            _buffers.Add(buffer);
            var array = new DeviceArray(buffer.Address, count, ElementType.BFloat16);
            backend.Fill(array, 1);
            return array;
        }

        public void Dispose() => _buffers.ForEach(backend.Memory.Release);
    }
}
