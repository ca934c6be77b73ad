using CrossModal.Kernels;
using CrossModal.Verification;

namespace CrossModal.Tensors.Tests;

/// <summary>Every op case on <c>cuda-sim</c> against <c>reference</c>: the CUDA kernels themselves, each memory access checked.</summary>
public sealed class CudaSimTests(CudaSimTests.Devices devices) : IClassFixture<CudaSimTests.Devices>
{
    public static TheoryData<string> Cases => [.. OpCases.All.Select(opCase => opCase.Name)];

    /// <summary>Those whose products round their operands on tensor cores.</summary>
    public static TheoryData<string, Precision> RoundedCases
    {
        get
        {
            var data = new TheoryData<string, Precision>();
            foreach (var opCase in OpCases.All.Where(opCase => opCase.ProductTerms > 0))
            {
                data.Add(opCase.Name, Precision.TensorFloat32);
                data.Add(opCase.Name, Precision.BFloat16);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheKernelsAgreeWithTheReference(string name) =>
        Assert.Null(Selftest.Run(OpCases.Named(name), devices.Of(Precision.Float32), devices.Reference).Failure);

    [Theory]
    [MemberData(nameof(RoundedCases))]
    public void TheTensorCoreKernelsAgreeWithinTheirPrecision(string name, Precision precision) =>
        Assert.Null(Selftest.Run(OpCases.Named(name), devices.Of(precision), devices.Reference).Failure);

    /// <summary>The devices, opened when the first test asks.</summary>
    public sealed class Devices : IDisposable
    {
        private readonly Dictionary<Precision, Device> _simulated = [];

        public Device Reference { get; } = Device.Open("reference");

        public Device Of(Precision precision)
        {
            Simulator.RequireCompiler();
            if (!_simulated.TryGetValue(precision, out var device))
                _simulated[precision] = device = Device.Open(new DeviceSettings("cuda-sim", 2) { Precision = precision });
            return device;
        }

        public void Dispose()
        {
            foreach (var device in _simulated.Values)
                device.Dispose();
            Reference.Dispose();
        }
    }
}
